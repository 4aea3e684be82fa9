// Today's column is what a department looks for: bring it beside the names.

const box = document.querySelector(".scrolls");
const today = box?.querySelector("thead .today");
const names = box?.querySelector("thead .name");
if (today && names) box.scrollLeft = today.offsetLeft - names.offsetWidth;
