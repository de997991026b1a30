"""Words cut to their stems, so that «насилие» finds «насилия» and «балалар» finds «балаларды».

The same stems go into the index and into the query, on both databases. Russian and English are Snowball's. Kazakh
has no stemmer under a free licence that fits: ours takes endings off until none is left. Letters that a Russian keyboard
has not are folded first, so «кауипсиздик» finds «қауіпсіздік».
"""

import re
from functools import lru_cache

import snowballstemmer

WORD = re.compile(r"[^\W_]+")
LONGEST = 64  # letters of a word that are read
SNOWBALL = {"ru": "russian", "en": "english"}
# After Snowball: one word for one thing where its forms part.
SAME = {"ребенок": "ребенк", "дет": "ребенк", "children": "child"}

# What a Russian keyboard has not, or people leave out.
PLAIN_LETTERS = str.maketrans("әғқңөұүһіё", "агкноуухие")
# Latin letters that look like Cyrillic ones, among Cyrillic ones: the keyboard stood wrong, and the eye does not see it.
CYRILLIC = re.compile("[а-яёәғқңөұүһі]")
LOOKALIKES = str.maketrans("aeopcxyihə", "аеорсхуіһә")
# A consonant that softens before an ending: кітап – кітабы, сабақ – сабағы.
SOFTENED = {"б": "п", "г": "к"}

VOWELS = "аеиоуыэюя"
# endings, how many letters must remain before one, which one of these must be the last of them
_RULES = [
    (
        """лар лер дар дер тар тер
        мыз миз ныз низ сы си
        нын нин дын дин тын тин ны ни ды ди ты ти
        нда нде га ге ка ке на не да де та те дан ден тан тен нан нен мен бен пен
        дагы деги тагы теги ндагы ндеги
        лык лик дык дик тык тик лы ли сыз сиз
        ган ген кан кен са се у ып ип ы и дым дим""",
        3,
        "",
    ),
    ("м н й ймын ймин йсын йсин", 3, VOWELS),  # жылай, жылаймын
    ("п", 4, VOWELS),  # қорлап, but есеп is no verb
    ("тым тим", 3, "кпстш"),  # адастым, but құжатым has a т of its own
    ("ым им ын ин ымыз имиз ыныз иниз а е", 4, ""),
]
ENDINGS = sorted(
    ((ending, remaining, before) for endings, remaining, before in _RULES for ending in endings.split()),
    key=lambda rule: -len(rule[0]),
)
# They only look as if they had an ending; and privacy is none of the secrets that children look for.
WHOLE = frozenset(["сеним", "адам", "мектеп", "жагдай", "мекенжай", "калай", "кандай", "мундай", "сондай", "купиялык"])
# Home, water: everyday words of this site, too short for the rule. An ending has their vowels: ұйым, an organisation, is
# no home.
OF_TWO_LETTERS = {"уй": frozenset("еи"), "су": frozenset("аые")}
# To threaten, to be afraid, to protect: cut by the rules they fall together with "see". "корке" is көркем, beautiful.
ROOTS = {"коркыт": "коркыт", "корык|корк(?![еи])": "коркы", "корга": "корга"}


def _without_ending(word: str) -> str:
    if word in WHOLE:
        return word
    for ending, remaining, before in ENDINGS:
        rest = word.removesuffix(ending)
        long_enough = len(rest) >= remaining or OF_TWO_LETTERS.get(rest, frozenset()).intersection(ending)
        if rest != word and long_enough and (not before or rest[-1] in before):
            return rest[:-1] + SOFTENED.get(rest[-1], rest[-1])
    return word


def _kazakh(word: str) -> str:
    for begins, root in ROOTS.items():
        if re.match(begins, word):
            return root
    shorter = _without_ending(word)
    while shorter != word:
        word, shorter = shorter, _without_ending(shorter)
    return word


def fold(word: str) -> str:
    """The word as somebody types it who has neither Kazakh letters nor ё, and minds no capitals."""
    word = word.lower()
    if CYRILLIC.search(word):
        word = word.translate(LOOKALIKES)
    return word.translate(PLAIN_LETTERS)


@lru_cache(maxsize=20_000)
def stem(word: str, language: str) -> str:
    """The stem of one word in `language` (kk, ru, en). Two forms of a word that only `fold` parts have one stem."""
    word = fold(word[:LONGEST])
    if language == "kk":
        return _kazakh(word)
    # A stemmer keeps its work in itself, so two threads may not share one.
    found = snowballstemmer.stemmer(SNOWBALL[language]).stemWord(word)
    return SAME.get(found, found)


@lru_cache(maxsize=64)  # the index asks three times for each text that is saved
def stems(text: str, language: str) -> str:
    """The stems of all words of `text`, joined by spaces: nothing but letters and digits, so no query syntax survives."""
    return " ".join(stem(word, language) for word in WORD.findall(text))


ALPHABETS = {
    "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "en": "abcdefghijklmnopqrstuvwxyz",
}


def alphabetical(text: str, language: str) -> list[int]:
    """A key that sorts as a dictionary of the language does: ә after а, ё after е; marks and spaces count for nothing."""
    letters = ALPHABETS[language]
    return [letters.find(letter) for letter in text.lower() if letter.isalnum()]
