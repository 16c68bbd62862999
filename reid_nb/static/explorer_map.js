// A map of dots that shows the picture under the pointer

function el(tag, attrs = {}, ...kids) {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) k.startsWith('on') ? node[k] = v : node.setAttribute(k, v);
  node.append(...kids);
  return node;
}

const url = jpeg => jpeg.byteLength ? URL.createObjectURL(new Blob([jpeg], { type: 'image/jpeg' })) : null;
const forget = urls => urls.forEach(u => u && URL.revokeObjectURL(u));

const W = 660, H = 540, R = 4.5, PAD = 16;

function places(bytes) { // float32, to pixels: as large as it goes, in the middle
  const xy = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const x = xy.filter((_, i) => i % 2 === 0), y = xy.filter((_, i) => i % 2 === 1);
  const [l, r, b, t] = [Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)];
  const scale = Math.min((W - 2*PAD) / (r - l), (H - 2*PAD) / (t - b));
  return Array.from(x, (v, i) => [W/2 + (v - (l + r)/2)*scale, H/2 - (y[i] - (b + t)/2)*scale]);
}

function paint(pen, at, c, marks) {
  pen.setTransform(2, 0, 0, 2, 0, 0);
  pen.clearRect(0, 0, W, H);
  const dot = (i, r) => { pen.beginPath(); pen.arc(...at[i], r, 0, 7); };
  at.forEach((_, i) => {
    pen.fillStyle = `rgb(${c.getUint8(3*i)},${c.getUint8(3*i + 1)},${c.getUint8(3*i + 2)})`;
    dot(i, R); pen.fill();
  });
  for (const [i, color] of marks) { pen.strokeStyle = color; pen.lineWidth = 2.5; dot(i, R + 3.5); pen.stroke(); }
}

function nearest(at, x, y) {
  let best = -1, d = 100; // pixels, squared
  at.forEach(([a, b], i) => { const e = (a - x)**2 + (b - y)**2; if (e < d) { d = e; best = i; } });
  return best;
}

function render({ model, el: host }) {
  const kept = new Map(), tip = el('div', { class: 'em-tip', hidden: '' }), legend = el('div', { class: 'em-legend' });
  const canvas = el('canvas', { width: 2*W, height: 2*H, style: `width:${W}px;height:${H}px`, class: 'em-map' });
  let at = [], now = -1;
  const draw = () => {
    at = places(model.get('xy'));
    paint(canvas.getContext('2d'), at, model.get('colors'), model.get('marks'));
    legend.replaceChildren(...Object.entries(model.get('legend')).map(([text, color]) =>
      el('span', {}, el('i', { style: `background:${color}` }), text)));
  };
  const under = event => {
    const box = canvas.getBoundingClientRect();
    return nearest(at, event.clientX - box.left, event.clientY - box.top);
  };
  const show = i => {
    now = i;
    tip.hidden = i < 0;
    if (i < 0) return;
    if (!kept.has(i)) { kept.set(i, { text: '…' }); model.send({ do: 'hover', at: i }); }
    const { text, src } = kept.get(i), [x, y] = at[i];
    tip.replaceChildren(...(src ? [el('img', { src, alt: '' })] : []), el('div', {}, text));
    Object.assign(tip.style, { left: `${Math.min(x + 14, W - 110)}px`, top: `${Math.min(y + 14, H - 170)}px` });
  };
  const receive = (msg, buffers) => {
    if (msg.type !== 'hover') return;
    kept.set(msg.at, { text: msg.text, src: url(buffers[0]) });
    if (msg.at === now) show(now);
  };

  const clear = () => { forget([...kept.values()].map(k => k.src)); kept.clear(); };
  const renew = () => { clear(); show(-1); draw(); };
  canvas.onpointermove = event => { const i = under(event); if (i !== now) show(i); };
  canvas.onpointerleave = () => show(-1);
  canvas.onclick = event => { const i = under(event); if (i >= 0) model.send({ do: 'query', at: i }); };
  const heard = { 'msg:custom': receive, 'change:xy': renew, 'change:colors': draw, 'change:marks': draw };
  for (const [name, action] of Object.entries(heard)) model.on(name, action);
  host.append(el('div', { class: 'em' }, el('div', { class: 'em-box' }, canvas, tip), legend));
  draw();
  return () => { for (const [name, action] of Object.entries(heard)) model.off(name, action); clear(); };
}

export default { render };
