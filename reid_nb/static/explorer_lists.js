// Lists of pictures that can be clicked, and a place to drop a file

function el(tag, attrs = {}, ...kids) {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) k.startsWith('on') ? node[k] = v : node.setAttribute(k, v);
  node.append(...kids);
  return node;
}

const url = jpeg => jpeg.byteLength ? URL.createObjectURL(new Blob([jpeg], { type: 'image/jpeg' })) : null;
const forget = urls => urls.forEach(u => u && URL.revokeObjectURL(u));

function card(c, urls, send) {
  const image = urls[c.image] ? el('img', { src: urls[c.image], alt: c.file, draggable: 'false' }) : 'no picture';
  const take = el('button', { class: 'ex-pic', title: `${c.file}\n${c.about}`, 'aria-label': `Take ${c.file} as the query`,
                             onclick: () => c.query && send({ do: 'query', query: c.query }) }, image);
  const notes = c.notes.map(t => el('div', {}, t));
  const kids = [take, el('figcaption', {}, el('b', {}, c.title), ` ${c.distance}`, ...notes)];
  if (c.why) kids.push(el('button', { class: 'ex-why', title: 'What do the two match by?',
    'aria-label': `Why ${c.file}`, onclick: () => send({ do: 'why', at: c.why.at, name: c.why.name }) }, 'why'));
  return el('figure', { class: 'ex-card', 'data-status': c.status, 'data-file': c.file }, ...kids);
}

function render({ model, el: host }) {
  let urls = [];
  const send = (msg, buffers) => model.send(msg, undefined, buffers);
  const root = el('div', { class: 'ex' });
  const draw = () => {
    forget(urls);
    urls = model.get('pictures').map(url);
    const page = model.get('page');
    root.replaceChildren(...(page.lists ?? []).map(list => el('div', { class: 'ex-row', 'data-name': list.name },
      el('div', { class: 'ex-name' }, el('b', {}, list.name), ` ${list.about}`),
      el('div', { class: 'ex-cards' }, ...list.cards.map(c => card(c, urls, send))))));
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
  return () => { model.off('change:page', draw); forget(urls); };
}

export default { render };
