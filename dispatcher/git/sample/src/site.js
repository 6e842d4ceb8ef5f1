// Every page makes sense without this file.
"use strict";

// On small screens the menu opens with a button.
const button = document.querySelector(".menu");
const menu = document.getElementById("menu");
const small = window.matchMedia("(max-width: 40rem)");

function fold() {
  button.hidden = !small.matches;
  menu.hidden = small.matches && button.getAttribute("aria-expanded") !== "true";
}

if (button && menu) {
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    fold();
  });
  small.addEventListener("change", fold);
  fold();
}

// On the questions page, typing leaves the questions that match.
const filter = document.getElementById("filter");

if (filter) {
  filter.closest(".filter").hidden = false;
  filter.addEventListener("input", () => {
    const words = filter.value.trim().toLowerCase();
    for (const question of document.querySelectorAll("details")) {
      question.hidden = !question.textContent.toLowerCase().includes(words);
    }
  });
}
