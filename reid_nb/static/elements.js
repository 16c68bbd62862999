// What every view is built of; it stands before the script of each

// Text from elsewhere, with what would steer the page or turn a text around spelled out, as core.escape does
const spell = c => { const n = c.codePointAt(0).toString(16); return n.length < 3 ? '\\x' + n.padStart(2, '0') : n.length < 5 ? '\\u' + n.padStart(4, '0') : '\\U' + n.padStart(8, '0'); };
const plain = text => text.replace(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu, spell);
const SHOWN = new Set(['title', 'alt', 'aria-label', 'placeholder']);

function el(tag, attrs = {}, ...kids) {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) k.startsWith('on') ? node[k] = v : node.setAttribute(k, SHOWN.has(k) ? plain(`${v}`) : v);
  node.append(...kids.map(kid => typeof kid === 'string' ? plain(kid) : kid));
  return node;
}

const OWN_KEYS = { 'data-lm-suppress-shortcuts': 'true' }; // or X, on what has the focus, cuts the cell

const url = jpeg => jpeg?.byteLength ? URL.createObjectURL(new Blob([jpeg], { type: 'image/jpeg' })) : null;
const forget = urls => urls.forEach(u => u && URL.revokeObjectURL(u));
