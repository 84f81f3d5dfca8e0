// Elements of the page, by id.

export const $ = (id) => document.getElementById(id);

// set writes a text where it is another one.
export const set = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };
