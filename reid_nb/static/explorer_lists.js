// Lists of pictures that can be clicked, and a place to drop a file

function card(c, urls, send) {
  const image = urls[c.image] ? el('img', { src: urls[c.image], alt: '', draggable: 'false' }) : 'no picture';
  const label = c.label ?? (c.query ? `Take ${c.file} as the query` : `The query ${c.file}`);
  const take = el('button', { class: 'ex-pic', ...OWN_KEYS, title: `${c.file}\n${c.about}`, 'aria-label': `${label}. ${c.about}`,
                             onclick: () => c.query && send({ do: 'query', query: c.query }) }, image);
  if (!c.query) take.disabled = true;
  const notes = c.notes.map(t => el('div', {}, t));
  const kids = [take, el('figcaption', {}, el('b', {}, c.title), ` ${c.distance}`, ...notes)];
  if (c.why) kids.push(el('button', { class: 'ex-why', ...OWN_KEYS, title: 'What do the two match by?',
    'aria-label': `Why ${c.file}`, onclick: () => send({ do: 'why', at: c.why.at, name: c.why.name }) }, 'why'));
  return el('figure', { class: 'ex-card', 'data-status': c.status, 'data-file': c.file }, ...kids);
}

// Which frame means what: those that are in the lists
function legendOf(page) {
  return el('div', { class: 'ex-legend', 'aria-label': 'What the frames mean', role: 'group' }, ...(page.legend ?? []).map(([status, text]) =>
    el('span', { class: 'ex-key', 'data-status': status }, el('i', { class: 'ex-frame' }), text)));
}

// Where the server of this page has a file beside the notebook, null where it cannot be said
function fileUrl(path) {
  const config = document.getElementById('jupyter-config-data'), notebook = decodeURIComponent(location.pathname).split('/tree/')[1];
  if (!config || notebook === undefined || path.startsWith('/')) return null;
  const [file, anchor] = path.split('#'), folder = notebook.split('/').slice(0, -1);
  return `${JSON.parse(config.textContent).baseUrl}files/${[...folder, ...file.split('/')].map(encodeURIComponent).join('/')}#${anchor}`;
}

function reportOf(path) {
  const href = fileUrl(path);
  return el('div', { class: 'ex-report' }, 'this query in the report: ', href ? el('a', { href, target: '_blank', rel: 'noopener' }, path) : path);
}

// Handles of sliders and lists of choices that ipywidgets leaves without a name get one: that of the slider, or the one in
// their class `ex-name-…`
function nameControls(root) {
  const top = root.closest('.ex-view');
  for (const box of top?.querySelectorAll('.widget-inline-hbox') ?? []) {
    const label = box.querySelector('.widget-label')?.textContent?.trim();
    if (label) box.querySelectorAll('.noUi-handle').forEach(h => h.setAttribute('aria-label', label));
    if (label) box.querySelectorAll('.widget-readout').forEach(h => { h.setAttribute('role', 'textbox'); h.setAttribute('aria-label', `${label}, as a number`); });
  }
  for (const box of top?.querySelectorAll('[class*="ex-name-"]') ?? []) {
    const name = [...box.classList].find(c => c.startsWith('ex-name-')).slice(8).replaceAll('-', ' ');
    box.querySelectorAll('select, input').forEach(s => s.setAttribute('aria-label', name));
    if (box.matches('img')) box.alt = name;
    if (box.matches('.widget-toggle-buttons')) { box.setAttribute('role', 'group'); box.setAttribute('aria-label', name); }
  }
}

function render({ model, el: host }) {
  let urls = [];
  const send = (msg, buffers) => model.send(msg, undefined, buffers);
  const root = el('div', { class: 'ex', tabindex: '-1', ...OWN_KEYS });
  const draw = () => {
    forget(urls);
    urls = model.get('pictures').map(url);
    const page = model.get('page');
    if (root.contains(document.activeElement)) root.focus({ preventScroll: true }); // or JupyterLab takes the focus, and with it the keys
    root.replaceChildren(legendOf(page), ...(page.report ? [reportOf(page.report)] : []), ...(page.lists ?? []).map(list => el('div', { class: 'ex-row', 'data-name': list.name },
      el('div', { class: 'ex-name' }, el('b', {}, list.name), ` ${list.about}`),
      el('div', { class: 'ex-cards' }, ...list.cards.map(c => card(c, urls, send))))));
    setTimeout(() => nameControls(root), 0);
  };
  root.ondragover = event => { event.preventDefault(); root.classList.add('ex-over'); };
  root.ondragleave = () => root.classList.remove('ex-over');
  root.ondrop = async event => {
    event.preventDefault();
    root.classList.remove('ex-over');
    const file = event.dataTransfer.files[0];
    if (file) send({ do: 'drop', name: file.name }, [await file.arrayBuffer()]);
  };
  model.on('change:page', draw);
  host.append(root);
  draw();
  let late = null, watched = null;
  const watch = () => { // controls are drawn after the lists when a notebook opens, and others later
    const top = root.closest('.ex-view');
    if (!top) { late = setTimeout(watch, 300); return; }
    watched = new MutationObserver(() => { clearTimeout(late); late = setTimeout(() => nameControls(root), 100); });
    watched.observe(top, { childList: true, subtree: true });
    nameControls(root);
  };
  watch();
  return () => { clearTimeout(late); watched?.disconnect(); model.off('change:page', draw); forget(urls); };
}

export default { render };
