"""Who may do what, as data: `rows` says who gets which address by which method, `world` makes the records that the
addresses need, twice: in Taraz, and in another district, where nobody of Taraz has anything to look for."""
