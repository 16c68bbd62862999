// A map of dots: the picture under the pointer, zoom, pan, lasso, a legend that filters, and the same by keys

const R = 4.5, PAD = 18;

// Shapes beside colors, so that forty ids stay apart for every eye
const SHAPES = [
  (p, x, y, r) => p.arc(x, y, r, 0, 7),
  (p, x, y, r) => p.rect(x - 0.9*r, y - 0.9*r, 1.8*r, 1.8*r),
  (p, x, y, r) => polygon(p, [[x, y - 1.2*r], [x + 1.15*r, y + 0.9*r], [x - 1.15*r, y + 0.9*r]]),
  (p, x, y, r) => polygon(p, [[x, y - 1.3*r], [x + 1.1*r, y], [x, y + 1.3*r], [x - 1.1*r, y]]),
  (p, x, y, r) => polygon(p, [[x, y + 1.2*r], [x + 1.15*r, y - 0.9*r], [x - 1.15*r, y - 0.9*r]]),
  (p, x, y, r) => cross(p, x, y, r),
];

function polygon(p, [first, ...rest]) { p.moveTo(...first); rest.forEach(at => p.lineTo(...at)); p.closePath(); }

function cross(p, x, y, r) { p.rect(x - 1.2*r, y - 0.45*r, 2.4*r, 0.9*r); p.rect(x - 0.45*r, y - 1.2*r, 0.9*r, 2.4*r); }

function floats(bytes) { return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)); }

function extent(xy) {
  const e = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < xy.length; i += 2) {
    e[0] = Math.min(e[0], xy[i]); e[1] = Math.max(e[1], xy[i]);
    e[2] = Math.min(e[2], xy[i + 1]); e[3] = Math.max(e[3], xy[i + 1]);
  }
  return e;
}

function inside(polygon, [x, y]) {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [a, b] = polygon[i], [c, d] = polygon[j];
    if ((b > y) !== (d > y) && x < (c - a) * (y - b) / (d - b) + a) odd = !odd;
  }
  return odd;
}

function swatch(color, shape) {
  const c = el('canvas', { width: 24, height: 24, style: 'width:12px;height:12px', 'aria-hidden': 'true' }), p = c.getContext('2d');
  p.setTransform(2, 0, 0, 2, 0, 0);
  p.fillStyle = color;
  p.beginPath(); SHAPES[shape](p, 6, 6, 4.2); p.fill();
  return c;
}

const HELP = 'Drag to move, shift and drag to select, wheel with ctrl or + and − to zoom, 0 for all; arrows go from dot to ' +
             'dot, Enter takes one as the query.';

function render({ model, el: host }) {
  const kept = new Map(), hidden = new Set();
  let xy = new Float32Array(), groups = [], at = [], now = -1, W = 660, H = 480, view = { k: 1, x: 0, y: 0 };
  let drag = null, lasso = null, selected = new Set(), lassoing = false, named = false;

  const tip = el('div', { class: 'em-tip', hidden: '' }), legend = el('div', { class: 'em-legend', role: 'group', 'aria-label': 'Legend' });
  const said = el('span', { class: 'em-said', role: 'status' });
  const canvas = el('canvas', { class: 'em-map', tabindex: 0, role: 'application', 'aria-label': `Map of the embedding. ${HELP}`,
                                'data-lm-suppress-shortcuts': 'true' });
  const button = (text, label, onclick) => el('button', { title: label, 'aria-label': label, onclick }, text);
  const toggle = (text, label, change) => {
    const b = button(text, label, () => { const on = change(); b.setAttribute('aria-pressed', on); draw(); });
    b.setAttribute('aria-pressed', 'false');
    return b;
  };
  const bar = el('div', { class: 'em-bar' }, button('+', 'Zoom in', () => zoom(1.5)), button('−', 'Zoom out', () => zoom(1/1.5)),
    button('all', 'Show all of the map', () => { view = { k: 1, x: 0, y: 0 }; draw(); }),
    toggle('lasso', 'Select by drawing around dots', () => lassoing = !lassoing),
    toggle('names', 'Write the names of the groups into the map', () => named = !named),
    button('none', 'Select nothing', () => select([])), said);
  const box = el('div', { class: 'em-box' }, canvas, tip);
  const root = el('div', { class: 'em' }, bar, box, legend, el('div', { class: 'em-help' }, HELP));

  const place = () => { // to pixels: as large as it goes, in the middle, then as zoomed
    const [l, r, b, t] = extent(xy), scale = Math.min((W - 2*PAD) / Math.max(r - l, 1e-9), (H - 2*PAD) / Math.max(t - b, 1e-9));
    at = Array.from({ length: xy.length / 2 }, (_, i) => [
      W/2 + view.x + view.k * (xy[2*i] - (l + r)/2) * scale, H/2 + view.y - view.k * (xy[2*i + 1] - (b + t)/2) * scale]);
  };
  const shown = i => !hidden.has(groups[i]);
  const draw = () => {
    place();
    const pen = canvas.getContext('2d'), text = getComputedStyle(root).color, ratio = window.devicePixelRatio || 1;
    const looks = model.get('looks'), r = R * Math.min(2, Math.sqrt(view.k));
    Object.assign(canvas, { width: W*ratio, height: H*ratio });
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const dot = (i, size) => { const [red, green, blue, shape] = [0, 1, 2, 3].map(c => looks.getUint8(4*i + c));
      pen.fillStyle = pen.strokeStyle = `rgb(${red},${green},${blue})`;
      pen.beginPath(); SHAPES[shape](pen, ...at[i], size); pen.fill(); };
    at.forEach((_, i) => { pen.globalAlpha = shown(i) ? (selected.size && !selected.has(i) ? 0.35 : 1) : 0.07; dot(i, r); });
    pen.globalAlpha = 1;
    for (const [i, color] of model.get('marks')) ring(pen, i, color === 'query' ? text : color, r + 3.5, 2.5);
    if (now >= 0 && at[now]) ring(pen, now, text, r + 6, 1.5);
    if (lasso) { pen.strokeStyle = text; pen.setLineDash([5, 4]); pen.beginPath(); polygon(pen, lasso); pen.stroke(); pen.setLineDash([]); }
    if (named) writeNames(pen, text);
  };
  const ring = (pen, i, color, r, width) => {
    if (!at[i]) return;
    Object.assign(pen, { strokeStyle: color, lineWidth: width });
    pen.beginPath(); pen.arc(...at[i], r, 0, 7); pen.stroke();
  };
  const median = values => values.sort((a, b) => a - b)[values.length >> 1];
  const writeNames = (pen, text) => {
    Object.assign(pen, { font: '600 11px sans-serif', textAlign: 'center', lineWidth: 3, fillStyle: text,
                         strokeStyle: getComputedStyle(root).getPropertyValue('--ground') });
    model.get('legend').forEach(([name], g) => {
      const of = at.filter((_, i) => groups[i] === g && shown(i));
      if (!of.length) return;
      const x = median(of.map(p => p[0])), y = median(of.map(p => p[1]));
      const words = plain(name).slice(0, 20);
      pen.strokeText(words, x, y); pen.fillText(words, x, y);
    });
  };

  // What is under the pointer, or next to the dot that is looked at
  const pointer = event => { const b = canvas.getBoundingClientRect(); return [event.clientX - b.left, event.clientY - b.top]; };
  const nearest = ([x, y]) => {
    let best = -1, d = 100; // pixels, squared
    at.forEach(([a, b], i) => { const e = (a - x)**2 + (b - y)**2; if (e < d && shown(i)) { d = e; best = i; } });
    return best;
  };
  const beside = (dx, dy) => { // the dot in that direction that is nearest, a turn counted as far
    const from = at[now] ?? [W/2, H/2];
    let best = -1, least = Infinity;
    at.forEach(([a, b], i) => {
      const along = (a - from[0])*dx + (b - from[1])*dy, across = Math.abs((a - from[0])*dy) + Math.abs((b - from[1])*dx);
      if (i !== now && shown(i) && along > 0.01 && along + 2*across < least) { least = along + 2*across; best = i; }
    });
    return best;
  };
  const show = i => {
    now = i;
    tip.hidden = i < 0;
    draw();
    if (i < 0) return;
    if (!kept.has(i)) { kept.set(i, { text: '…' }); model.send({ do: 'hover', at: i }); }
    const { text, src } = kept.get(i), [x, y] = at[i];
    tip.replaceChildren(...(src ? [el('img', { src, alt: '' })] : []), el('div', {}, text));
    Object.assign(tip.style, { left: `${Math.max(0, Math.min(x + 14, W - 110))}px`, top: `${Math.max(0, Math.min(y + 14, H - 170))}px` });
  };
  const receive = (msg, buffers) => {
    if (msg.type !== 'hover') return;
    kept.set(msg.at, { text: msg.text, src: url(buffers[0]) });
    if (msg.at === now) show(now);
  };

  const select = dots => {
    selected = new Set(dots);
    said.textContent = dots.length ? `${dots.length} selected; they are in Lists` : '';
    model.send({ do: 'select', dots: [...dots] });
    draw();
  };
  const zoom = (by, [x, y] = [W/2, H/2]) => {
    const k = Math.min(60, Math.max(0.5, view.k * by)), f = k / view.k;
    view = { k, x: x - W/2 - (x - W/2 - view.x) * f, y: y - H/2 - (y - H/2 - view.y) * f };
    draw();
  };
  const keydown = event => {
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const act = { '+': () => zoom(1.5), '=': () => zoom(1.5), '-': () => zoom(1/1.5), 0: () => { view = { k: 1, x: 0, y: 0 }; draw(); },
                  Enter: () => now >= 0 && model.send({ do: 'query', at: now }), Escape: () => { show(-1); select([]); } }[event.key];
    if (event.ctrlKey || event.metaKey || !(arrow || act)) return;
    event.preventDefault();
    if (act) return act();
    if (event.shiftKey) { view = { ...view, x: view.x - 40*arrow[0], y: view.y - 40*arrow[1] }; return draw(); }
    const i = beside(...arrow);
    if (i >= 0) show(i);
  };
  canvas.onpointerdown = event => {
    if (event.button) return;
    const p = pointer(event);
    drag = { from: p, view, moved: false };
    if (lassoing || event.shiftKey) lasso = [p];
    canvas.setPointerCapture?.(event.pointerId);
    canvas.focus({ preventScroll: true });
  };
  canvas.onpointermove = event => {
    const p = pointer(event);
    if (!drag) { const i = nearest(p); if (i !== now) show(i); return; }
    if (Math.hypot(p[0] - drag.from[0], p[1] - drag.from[1]) > 3) drag.moved = true;
    if (lasso) lasso.push(p);
    else if (drag.moved) view = { ...view, x: drag.view.x + p[0] - drag.from[0], y: drag.view.y + p[1] - drag.from[1] };
    if (drag.moved) { now = -1; tip.hidden = true; draw(); }
  };
  canvas.onpointerup = event => {
    if (!drag) return;
    const { moved } = drag, drawn = lasso;
    drag = lasso = null;
    if (drawn && moved) return select(at.map((_, i) => i).filter(i => shown(i) && inside(drawn, at[i])));
    const i = nearest(pointer(event));
    if (!moved && i >= 0) model.send({ do: 'query', at: i });
    draw();
  };
  canvas.onpointercancel = () => { drag = lasso = null; draw(); };
  canvas.onpointerleave = () => { if (!drag && document.activeElement !== canvas) show(-1); };
  canvas.onkeydown = keydown;
  canvas.onblur = () => show(-1);
  const wheel = event => { if (!event.ctrlKey && !event.metaKey) return; event.preventDefault(); zoom(Math.exp(-event.deltaY / 300), pointer(event)); };
  canvas.addEventListener('wheel', wheel, { passive: false });

  const drawLegend = () => {
    hidden.clear();
    const rows = model.get('legend');
    const only = g => {
      const alone = rows.every((_, i) => i === g || hidden.has(i)) && !hidden.has(g);
      hidden.clear();
      if (!alone) rows.forEach((_, i) => i !== g && hidden.add(i));
    };
    const press = (g, event) => {
      if (event.shiftKey || event.ctrlKey || event.metaKey) hidden.has(g) ? hidden.delete(g) : hidden.add(g);
      else only(g);
      [...legend.children].forEach((b, i) => b.setAttribute('aria-pressed', !hidden.has(i)));
      draw();
    };
    legend.replaceChildren(...rows.map(([text, color, shape], g) => el('button', { class: 'em-group', 'aria-pressed': 'true',
      title: 'Show this only; with shift, show or hide it', onclick: event => press(g, event) }, swatch(color, shape), text)));
  };
  const clear = () => { forget([...kept.values()].map(k => k.src)); kept.clear(); };
  const renew = () => { xy = floats(model.get('xy')); clear(); now = -1; tip.hidden = true; draw(); };
  const recolor = () => { const g = model.get('groups'); groups = Array.from({ length: g.byteLength / 2 }, (_, i) => g.getUint16(2*i, true)); drawLegend(); draw(); };
  const reselect = () => { selected = new Set(); said.textContent = ''; draw(); };
  const heard = { 'msg:custom': receive, 'change:xy': () => { reselect(); renew(); }, 'change:looks': recolor, 'change:groups': recolor,
                  'change:legend': recolor, 'change:marks': draw };
  for (const [name, action] of Object.entries(heard)) model.on(name, action);
  const fit = () => {
    const wide = root.clientWidth;
    if (!wide || wide === W) return;
    W = wide; H = Math.round(Math.max(320, Math.min(0.75*wide, window.innerHeight - 330)));
    Object.assign(canvas.style, { width: `${W}px`, height: `${H}px` });
    show(-1);
  };
  const sized = new ResizeObserver(fit);
  sized.observe(root);
  host.append(root);
  xy = floats(model.get('xy'));
  Object.assign(canvas.style, { width: `${W}px`, height: `${H}px` });
  recolor();
  return () => { sized.disconnect(); for (const [name, action] of Object.entries(heard)) model.off(name, action); clear(); };
}

export default { render };
