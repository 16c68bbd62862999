// Tracks in time: a lane per person, a bar per track, the clips one after the other

const percent = share => `${100 * share}%`;

function place(node, { left, width }) { // a short bar at the end is wider than its share, and stays within the lane
  Object.assign(node.style, { left: `min(${percent(left)}, 100% - var(--least))`, width: percent(width) });
  return node;
}

// A bar stands in the first row of its lane in which it covers none before it
function rows(bars) {
  const ends = [];
  return bars.map(bar => {
    let row = ends.findIndex(end => end <= bar.left + 1e-6);
    if (row < 0) row = ends.length;
    ends[row] = bar.left + bar.width;
    return row;
  });
}

function lane(l, clips, send) {
  const at = rows(l.bars);
  const bars = l.bars.map((bar, i) => {
    const node = el('button', { class: 'et-bar', ...OWN_KEYS, title: bar.about, 'aria-label': `${l.name}: ${bar.about}`, 'aria-pressed': bar.chosen,
      'data-track': bar.track, 'data-seq': bar.seq, onclick: () => send({ do: 'track', seq: bar.seq, track: bar.track }) }, `${bar.track}`);
    node.style.setProperty('--c', bar.color);
    node.style.top = `${2 + 28 * at[i]}px`;
    return place(node, bar);
  });
  const field = el('div', { class: 'et-bars' }, ...clips.map(clip => place(el('div', { class: 'et-clip' }), clip)), ...bars);
  field.style.height = `${28 * (Math.max(0, ...at) + 1) + 2}px`;
  return el('div', { class: 'et-lane', role: 'group', 'aria-label': `Tracks of ${l.name}` }, el('div', { class: 'et-name' }, l.name), field);
}

function render({ model, el: host }) {
  const send = msg => model.send(msg);
  const root = el('div', { class: 'et', tabindex: '-1', ...OWN_KEYS });
  const draw = () => {
    const { lanes = [], clips = [] } = model.get('chart');
    const held = document.activeElement?.closest?.('.et-bar');
    const key = held && root.contains(held) ? [held.dataset.seq, held.dataset.track] : null;
    const names = clips.map(clip => place(el('div', { class: 'et-seq', title: clip.seq }, clip.seq), clip));
    const foot = el('div', { class: 'et-lane' }, el('div', { class: 'et-name' }, 'clip'), el('div', { class: 'et-bars et-foot' }, ...names));
    if (key) root.focus({ preventScroll: true }); // or JupyterLab takes the focus, and with it the keys
    root.replaceChildren(...lanes.map(l => lane(l, clips, send)), ...(lanes.length ? [foot] : []));
    if (key) [...root.querySelectorAll('.et-bar')].find(b => b.dataset.seq === key[0] && b.dataset.track === key[1])?.focus();
  };
  root.onkeydown = event => { // from bar to bar
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], bars = [...root.querySelectorAll('.et-bar')];
    if (!step || !bars.includes(document.activeElement)) return;
    event.preventDefault();
    bars[bars.indexOf(document.activeElement) + step]?.focus();
  };
  model.on('change:chart', draw);
  host.append(root);
  draw();
  return () => model.off('change:chart', draw);
}

export default { render };
