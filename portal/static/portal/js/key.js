// A security key or passkey that was refused, is not here or took too long: allauth only writes to the console; this tells its owner.
document.addEventListener("allauth.error", event => {
  const note = document.querySelector("[data-key-failed]");
  event.preventDefault();
  note.hidden = false;
  document.querySelector("main h1").after(note); // put in anew, so that it is read out each time
  note.scrollIntoView({ block: "nearest" });
});
