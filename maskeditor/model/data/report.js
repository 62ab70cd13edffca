"use strict";
for (const figure of document.querySelectorAll("figure.leaves")) {
  const leaves = JSON.parse(figure.querySelector("script").textContent);
  const picture = figure.querySelector("img"), slider = figure.querySelector("input"), place = figure.querySelector("output");
  const show = () => {
    const [address, words] = leaves[slider.value];
    picture.src = address;
    place.textContent = words;
    slider.setAttribute("aria-valuetext", words);
  };
  slider.addEventListener("input", show);
  slider.hidden = false;
  slider.value = slider.defaultValue;
  show();
}
