"""`pages.py SOURCE`: the notebooks as pages for Sphinx. `pages.py SOURCE SITE`: markdown copies and llms.txt in SITE.

An exported cell is read, not run: its signatures, docstrings and docments become entries of Sphinx's Python domain, so
that they can be linked to and searched, and its source follows, folded. Names in backticks become links to their entry.
"""
import ast, base64, io, json, re, sys, tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NBS = ROOT/'nbs'
SECTIONS = { # In reading order
    'Start': ['index', 'tutorials/story', 'tutorials/your_data', 'tutorials/python', 'tutorials/how_to', 'tutorials/small', 'tutorials/extend', '34_demo', 'tutorials/pages'],
    'Data': ['09_data', '09_near_copies', '09_problems', '08_layouts', '08_nested', '09_benchmarks', '09_boxes', '09_coco', '08_tables', '09_annotations',
             '10_explore', '10_shared_pixels', '10_transforms', '11_appearance', '11_augment'],
    'Training': ['12_cache', '12_ahead', '13_epochs', '13_samplers', '14_splits', '14_events', '15_loaders', '18_models', '17_narrow_maps', '17_model_cards', '18_backbones', '17_backbone_names', '17_osnet', '18_starts', '17_losses',
                 '20_learner', '20_graphs', '20_fastai_verbs', '20_known_callbacks', '19_schedule', '19_muon', '19_growing', '19_loss_history', '21_distributed', '22_budget', '21_own_likeness', '22_noise', '22_wrong_labels', '22_certainty', '22_cleaning',
                 '23_changes', '23_handout', '23_review'],
    'Retrieval': ['25_embed', '25_zooms', '24_sources', '24_neighbors', '27_rerank', '27_choose', '27_tracklets', '28_retrieval', '29_index', '29_database', '29_remote_index', '29_cluster', '29_global_ids', '29_people', '27_fusion', '30_submission'],
    'Judging': ['01_protocols', '16_labels', '15_products', '16_metrics', '16_reassociation', '16_verification', '16_cluster_scores', '16_tracking_scores', '31_saliency', '32_report', '34_explorer_state', '34_index_state', '34_people_state', '34_views', '34_views_index', '34_views_people', '35_compare', '35_compare_view', '35_controls', '35_explorer', '36_ablation',
                '37_zoo', '50_results', '51_compared', '52_peers'],
    'Whole runs': ['01_recipe', '33_checks', '33_pipeline', '33_self_training', '40_scripts', '39_options', '39_evidence', '39_trained', '39_shell_search'],
    'More tutorials': ['tutorials/challenge', 'tutorials/million', 'tutorials/vector_store', 'tutorials/trackers'],
    'Appendices': ['00_core', '01_progress', '02_runs', '02_decisions', '02_relabel', '31_run_files', '19_provenance', '20_checkpoint', '34_data_overlap', '07_archives', '07_tars', '07_images',
                   '08_files', '08_names', '08_order', '08_spreadsheets', '08_table_boxes',
                   '24_coarse', '24_dimensions', '26_onnx', '03_players', '04_rendering', '05_scenes', '06_mislabel', '06_synth', '39_shell', '41_all',
                   'tests/layouts', 'tests/boxes', 'tests/untrusted_input', 'tests/fuzz', 'tests/faults', 'tests/device', 'tests/fastai']}
SEARCHED_FOR = { # What people type, by the page that has it; a name of the library is found by itself
    '27_rerank': ['distance matrix', 're-ranking', 'rerank', 'k-reciprocal', 'query expansion', 'post-processing'],
    '24_neighbors': ['nearest image', 'nearest neighbors', 'knn', 'distance matrix'],
    '29_index': ['nearest image', 'vector database', 'find a person', 'gallery search'],
    '29_remote_index': ['LanceDB', 'object storage', 'S3', 'many machines'],
    '39_shell_search': ['nearest image', 'find a person', 'search a folder'],
    '27_tracklets': ['tracklet', 'tracklets', 'video', 'tracks'],
    '29_global_ids': ['tracker', 'tracking', 'multi-camera', 'tracks', 'mot'],
    '16_tracking_scores': ['idf1', 'hota', 'mot', 'tracking metrics', 'trackeval'],
    '16_reassociation': ['tracklet', 'tracking', 're-association'],
    'tutorials/python': ['numpy features', 'features of another model', 'own features', 'python api', 'quick start'],
    'tutorials/how_to': ['how to', 'recipes', 'examples', 'scripts', 'snippets'],
    '16_metrics': ['numpy features', 'mean average precision', 'map', 'cmc', 'rank-1', 'distance matrix', 'confidence interval'],
    '18_starts': ['own pretrained weights', 'pretrained weights', 'imagenet', 'transfer learning', 'fine-tune'],
    '39_trained': ['own pretrained weights', 'continue training', 'more epochs', 'convert checkpoint', 'torchreid weights'],
    '18_models': ['save a model', 'load a model', 'hugging face hub', 'own pretrained weights'],
    '17_narrow_maps': ['oneDNN', 'AMX', 'bfloat16', 'NaN'],
    '17_model_cards': ['model card', 'sha-256', 'hub'],
    '18_backbones': ['backbone', 'timm', 'vision transformer', 'vit', 'resnet'],
    '17_losses': ['loss', 'triplet loss', 'circle loss', 'metric learning loss'],
    '11_augment': ['augmentation', 'random erasing', 'grayscale'],
    '13_samplers': ['sampler', 'pk sampler', 'batch sampler'],
    '22_noise': ['label noise', 'noisy labels', 'mislabeled', 'wrong labels', 'cleaning'],
    '23_review': ['review', 'relabel', 'check labels'],
    '09_data': ['dataset', 'own data', 'custom dataset', 'folder of images'],
    '08_tables': ['csv', 'columns', 'parquet'],
    '09_benchmarks': ['market-1501', 'msmt17', 'cuhk03', 'veri-776'],
    '09_boxes': ['bounding boxes', 'mot', 'cvat', 'video'],
    '09_coco': ['coco', 'bounding boxes'],
    '14_splits': ['hold out', 'validation split', 'cross-validation', 'train test split'],
    '16_verification': ['threshold', 'roc', 'verification', 'false match rate'],
    '21_distributed': ['multi-gpu', 'distributed', 'several gpus', 'ddp'],
    '26_onnx': ['onnx', 'deployment', 'export', 'roboflow reid'],
    '25_embed': ['embeddings', 'extract features', 'features'],
    '31_saliency': ['attention map', 'grad-cam', 'umap', 'tsne', 'saliency'],
    '32_report': ['report', 'pdf', 'print'],
    '34_views_index': ['search an index', 'click through an index', 'visual search'],
    '34_views_people': ['browse clusters', 'tracklets', 'tracks in time', 'look through people'],
    '35_explorer': ['widget', 'jupyter', 'ranked list', 'visualize'],
    '40_scripts': ['command line', 'cli', 'resume'],
    '39_options': ['options', 'command line'],
    '01_progress': ['progress bar', 'log file', 'quiet', 'tqdm'],
    '01_recipe': ['configuration', 'hyperparameters', 'settings', 'toml'],
    '20_learner': ['training', 'checkpoint', 'resume', 'early stopping'],
    'tutorials/trackers': ['boxmot', 'bot-sort', 'deep oc-sort', 'tracker', 'appearance embedding'],
    'tutorials/million': ['faiss', 'large gallery'],
    'tutorials/challenge': ['synergyreid', 'vipriors', 'submission'],
    '51_compared': ['comparison', 'torchreid', 'fast-reid', 'benchmark']}
PROJECT = 'CONTRIBUTING', 'SECURITY', 'CHANGELOG' # Files beside `nbs`, pages too
PROJECT_LINK = rf'\]\(\.\./({"|".join(PROJECT)})\.md'
DEF, CLASS = (ast.FunctionDef, ast.AsyncFunctionDef), ast.ClassDef

def text(cell): return ''.join(cell['source'])
def directives(src): return re.findall(r'^#\s*\|\s*(.+?)\s*$', src, re.M)
def undirected(src): return re.sub(r'^#\s*\|.*\n?', '', src, flags=re.M).strip('\n')

# -- Definitions -------------------------------------------------------------------------------------------------------

def comments(src):
    "What the comments of each line say, by line number."
    tokens = tokenize.generate_tokens(io.StringIO(src).readline)
    return {t.start[0]: t.string.lstrip('# ').strip() for t in tokens if t.type == tokenize.COMMENT}

def guess(default):
    "Type of a literal."
    try: value = ast.literal_eval(default)
    except (ValueError, TypeError): return ''
    return '' if value is None else type(value).__name__

def row(name, anno, default, line, notes):
    "One parameter: name, type, default, what the comment beside it says."
    anno = ast.unparse(anno).strip("'") if anno else guess(default) if default else ''
    default = re.sub(r'^field\(default_factory=(\w+)\)$', r'\1()', ast.unparse(default)) if default else ''
    return name, anno, default, notes.get(line, '')

def parameters(node, notes):
    "Rows of a function's parameters, without `self`; and of what it returns."
    a = node.args
    plain = [*a.posonlyargs, *a.args]
    pairs = [*zip(plain, [None]*(len(plain) - len(a.defaults)) + a.defaults)]
    rows = [row(p.arg, p.annotation, d, p.lineno, notes) for p, d in pairs]
    if a.vararg: rows.append(row('*' + a.vararg.arg, a.vararg.annotation, None, a.vararg.lineno, notes))
    elif a.kwonlyargs: rows.append(('*', '', '', ''))
    rows += [row(p.arg, p.annotation, d, p.lineno, notes) for p, d in zip(a.kwonlyargs, a.kw_defaults)]
    if a.kwarg: rows.append(row('**' + a.kwarg.arg, a.kwarg.annotation, None, a.kwarg.lineno, notes))
    gives = [row('returns', node.returns, None, node.returns.lineno, notes)] if node.returns else []
    return [r for r in rows if r[0] not in ('self', 'cls')], gives

def fields(node, notes):
    "Rows of a dataclass."
    return [field(f, notes) for f in node.body if isinstance(f, ast.AnnAssign)]

def field(node, notes):
    "Row of one field; of a `setting` its default, with the source of it among the details."
    value, source = node.value, ''
    if isinstance(value, ast.Call) and ast.unparse(value.func) == 'setting':
        given = dict(zip(('default', 'limits', 'source'), value.args)) | {k.arg: k.value for k in value.keywords}
        value = given['default']
        if 'source' in given: source = f" ({ast.literal_eval(given['source'])})"
    name, anno, default, details = row(node.target.id, node.annotation, value, node.lineno, notes)
    return name, anno, default, details + source

def decorators(node): return ' '.join(map(ast.unparse, node.decorator_list))

def owners(node):
    "The classes that a method is patched into."
    def leaves(a): return leaves(a.left) + leaves(a.right) if isinstance(a, ast.BinOp) else [ast.unparse(a)]
    return leaves(node.args.args[0].annotation) if re.match('patch', decorators(node)) else []

def entry(kind, names, node, rows=(), gives=(), bare=False, options=(), members=()):
    bases = [ast.unparse(b) for b in getattr(node, 'bases', [])]
    return dict(kind=kind, names=names, doc=ast.get_docstring(node) or '', rows=rows, gives=gives, bare=bare,
                options=options, members=members, bases=bases)

def function(node, notes, cls=''):
    "The entry of a function, a method or a patched method."
    rows, gives = parameters(node, notes)
    names, deco = [f'{o}.{node.name}' for o in owners(node)] or [cls + node.name], decorators(node)
    kind = 'method' if cls or owners(node) else 'function'
    if re.search(r'property|as_prop', deco): return entry('property', names, node, bare=True, gives=gives)
    options = [f':{o}:' for o in ('staticmethod', 'classmethod') if o in deco]
    return entry(kind, names, node, rows, gives, options=options)

def definition(node, notes):
    "The entry of a class with the methods that say what they do, or of a function."
    if not isinstance(node, CLASS): return function(node, notes)
    init = next((f for f in node.body if isinstance(f, DEF) and f.name == '__init__'), None)
    if 'dataclass' in decorators(node): rows = fields(node, notes)
    else: rows = parameters(init, notes)[0] if init else []
    methods = [f for f in node.body if isinstance(f, DEF) and f.name[0] != '_' and ast.get_docstring(f)]
    kind = 'exception' if any(n.endswith('Error') for n in [node.name, *map(ast.unparse, node.bases)]) else 'class'
    members = [function(f, notes, node.name + '.') for f in methods]
    res = entry(kind, [node.name], node, rows, bare=not rows, members=members)
    if init and not res['doc']: res['doc'] = ast.get_docstring(init) or ''
    return res

def entries(src):
    "Entries of the public definitions in a cell."
    notes = comments(src)
    return [definition(n, notes) for n in ast.parse(src).body if isinstance(n, (*DEF, CLASS)) and n.name[0] != '_']

def signature(e, name):
    "As one would call it; types stand in the table."
    return name if e['bare'] else name + '(' + ', '.join(f'{n}={d}' if d else n for n, _, d, _ in e['rows']) + ')'

def table(e):
    "Parameters as a markdown table; where no comment explains any, the signature says it all."
    rows = [r for r in [*e['rows'], *e['gives']] if r[0] != '*']
    if not any(r[3] for r in rows): return ''
    cells = [[code(n) if n != 'returns' else '*returns*', code(a), code(d), plain(c)] for n, a, d, c in rows]
    keep = [0] + [i for i in (1, 2) if any(c[i] for c in cells)] + [3]
    head = ['parameter', 'type', 'default', 'details']
    lines = [[head[i] for i in keep], ['---']*len(keep)] + [[c[i] for i in keep] for c in cells]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines) + '\n'

def inherits(e): return 'Inherits from ' + ', '.join(f'`{b}`' for b in e['bases']) + '.' if e['bases'] else ''

def code(s): return f'`{s}`'.replace('|', r'\|') if s else ''

def plain(s):
    "Prose of a comment or docstring: nothing in it but backticks is markdown."
    parts = re.split(r'(`[^`]+`)', s)
    parts[::2] = [re.sub(r'([\\*_<>\[\]|$])', r'\\\1', p) for p in parts[::2]]
    parts[1::2] = [p.replace('|', r'\|') for p in parts[1::2]]
    return ''.join(parts)

# -- Notebooks ---------------------------------------------------------------------------------------------------------

def first_quote(opening):
    "What a page says in a line, its links as text: llms.txt and a page's description show it outside of the notebooks."
    quoted = re.search(r'^> .+(\n> .+)*', opening, re.M)[0]
    line = ' '.join(quoted.replace('\n>', '')[2:].split())
    return re.sub(r'\[([^\]]+)\]\([^)]+\)', r'\1', line)

class Page:
    "A notebook, as a list of what a reader gets to see."
    def __init__(self, path):
        self.path, self.name = path, path.relative_to(NBS).with_suffix('').as_posix()
        self.nb = json.loads(path.read_text(encoding='utf-8'))
        found = re.search(r'^#\|\s*default_exp\s+(\S+)', '\n'.join(map(text, self.nb['cells'])), re.M)
        self.module = f'reid_nb.{found[1]}' if found else ''
        opening = '\n'.join(text(c) for c in self.nb['cells'] if c['cell_type'] == 'markdown')
        self.title = re.search(r'^# (.+)', opening, re.M)[1]
        self.summary = first_quote(opening)
        self.cells = [c for c in self.nb['cells'] if self.seen(c)]

    def seen(self, cell):
        "Neither empty, nor plumbing, nor imports that go into the library."
        marks, src = directives(text(cell)), undirected(text(cell))
        if cell['cell_type'] != 'code': return bool(src.strip())
        if not src.strip() or {'hide', 'default_exp'} & {m.split()[0] for m in marks}: return False
        if 'export' not in marks: return True
        return not all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in ast.parse(src).body)

    def exported(self, cell): return cell['cell_type'] == 'code' and 'export' in directives(text(cell))

    def entries(self): return [e for c in self.cells if self.exported(c) for e in entries(undirected(text(c)))]

def pages():
    "All of them, in reading order."
    found = {p.name: p for p in map(Page, sorted(NBS.rglob('*.ipynb'))) if '.ipynb_checkpoints' not in str(p.path)}
    order = [name for names in SECTIONS.values() for name in names]
    if gone := set(SEARCHED_FOR) - set(found): raise SystemExit(f'SEARCHED_FOR names {sorted(gone)}, which is no page')
    if missing := set(found) - set(order): raise SystemExit(f'no section names {sorted(missing)}: see SECTIONS')
    return [found[name] for name in order if name in found]

def sections(all_pages):
    "[(caption, pages)], in reading order."
    at = {p.name: p for p in all_pages}
    return [(title, [at[n] for n in names if n in at]) for title, names in SECTIONS.items()]

class Names:
    "Where a name in backticks is defined."
    def __init__(self, all_pages):
        self.at, self.docs = {}, {p.name.split('/')[-1]: '/' + p.name for p in all_pages if p.name != 'index'}
        self.place = {p.module: i for i, p in enumerate(all_pages) if p.module}
        for p in all_pages:
            for e in p.entries():
                for n in [*e['names'], *(m for x in e['members'] for m in x['names'])]:
                    self.at.setdefault(n, []).append(p.module)

    def role(self, name, call, module):
        "A link to the definition in this module, or else in the one that has it; a mere word means an earlier one."
        here, bare = self.place.get(module, 99), re.sub(r'^reid_nb\.', '', name)
        if bare.split('.')[0] in {m.split('.')[1] for ms in self.at.values() for m in ms} and '.' in bare:
            bare, module = bare.split('.', 1)[1], 'reid_nb.' + bare.split('.')[0]
        where = self.at.get(bare, [])
        if module not in where: module = where[0] if len(where) == 1 else None
        if module and name.isalpha() and name.islower() and not call and self.place[module] > here: module = None
        if module: return f'{{py:obj}}`{name}{call} <{module}.{bare}>`'
        return f'{{doc}}`{name} <{self.docs[name]}>`' if name in self.docs else f'`{name}{call}`'

    def link(self, md, module, but=()):
        "Markdown with its backticks linked, but for headings, code, links that are there, and the names in `but`."
        lines, fenced = [], False
        for line in md.split('\n'):
            fenced ^= line.lstrip().startswith('```')
            if not (fenced or line.startswith(('#', '    '))):
                line = re.sub(r'(\[[^\]]*\]\([^)]*\))|(?<!`)`([A-Za-z_][\w.]*)(\(\))?`(?!`)',
                              lambda m: m[0] if m[1] or m[2] in but else self.role(m[2], m[3] or '', module), line)
            lines.append(line)
        return '\n'.join(lines)

# -- For Sphinx --------------------------------------------------------------------------------------------------------

def directive(e, names, module, depth=4):
    "An entry as a directive of the Python domain."
    fence, label = '`'*(depth + 2), '\n' + ' '*len(f'{{py:{e["kind"]}}} ')
    body = [names.link(s, module, [r[0] for r in e['rows']]) for s in (inherits(e), plain(e['doc']), table(e))]
    body += [directive(m, names, module, depth - 1) for m in e['members']]
    head = f'{fence}{{py:{e["kind"]}}} ' + label.join(signature(e, n) for n in e['names'])
    return '\n'.join([head, *e['options'], '', '\n\n'.join(b for b in body if b), fence])

def folded(cell, e):
    "An exported cell, its source behind a line."
    def name(n): return getattr(n, 'name', '') or ast.unparse([*getattr(n, 'targets', []), getattr(n, 'target', n)][0])
    defined = [n for x in e for n in x['names']] or [*map(name, ast.parse(text(cell)).body)]
    what = ', '.join(n for n in defined if not n.startswith('_')) or 'helpers'
    prompt = dict(code_prompt_show=f'Source of {what}', code_prompt_hide=f'Source of {what}')
    return dict(cell, source=undirected(text(cell)), metadata=dict(tags=['hide-input'], mystnb=prompt))

def sized(output):
    "A plot for screens with many dots, as wide as a notebook shows it: 100 of its own dots per inch."
    png = output.get('data', {}).get('image/png')
    if not png: return output
    data = base64.b64decode(''.join(png))
    at = data.find(b'pHYs') + 4
    pixels, dots = (int.from_bytes(data[i:i + 4], 'big') for i in (16, at)) if at > 3 else (0, 0)
    width = {'image/png': dict(width=round(pixels * 100 / (dots * 0.0254)))} if dots > 5000 else {}
    return dict(output, metadata=width)

def markdown(source): return dict(cell_type='markdown', metadata={}, source=source)

def staged(page, names, dest):
    "The notebook as Sphinx is to see it."
    cells = []
    for cell in page.cells:
        if page.exported(cell):
            found = entries(undirected(text(cell)))
            cells += [markdown(directive(e, names, page.module)) for e in found] + [folded(cell, found)]
        elif cell['cell_type'] == 'code':
            cells.append(dict(cell, source=undirected(text(cell)), metadata={}, outputs=[*map(sized, cell['outputs'])]))
        else:
            source = re.sub(PROJECT_LINK, r'](\1.md', names.link(text(cell), page.module))
            for name, data in cell.get('attachments', {}).items():
                (dest/name).write_bytes(base64.b64decode(*data.values()))
                source = source.replace(f'attachment:{name}', name)
            cells.append(markdown(source))
    words = [f'   ! single: {word}' for word in SEARCHED_FOR.get(page.name, [])]
    if words: cells[0]['source'] += '\n'.join(['\n\n```{eval-rst}', '.. index::', *words, '```'])
    if page.module: cells[0]['source'] += f'\n\n```{{py:module}} {page.module}\n```'
    cells[0]['source'] += f'\n\n```{{eval-rst}}\n.. meta::\n   :description: {page.summary}\n```'
    meta = dict(page.nb['metadata'], language_info=dict(name='python', pygments_lexer='ipython3'))
    return dict(page.nb, cells=cells, metadata=meta)

def toctrees(all_pages):
    "The sidebar."
    blocks = [(title, [p.name for p in ps]) for title, ps in sections(all_pages)]
    blocks.append(('Project', PROJECT))
    blocks[0] = ('Start', [n if n != 'index' else 'self' for n in blocks[0][1]])
    head = '```{toctree}\n:hidden:\n:caption: '
    return [markdown(head + '\n'.join([title, '', *names, '```'])) for title, names in blocks]

def stage(dest):
    "Write all pages."
    all_pages = pages()
    names = Names(all_pages)
    for page in all_pages:
        path = dest/f'{page.name}.ipynb'
        path.parent.mkdir(parents=True, exist_ok=True)
        nb = staged(page, names, path.parent)
        if page.name == 'index': nb['cells'] += toctrees(all_pages)
        for i, cell in enumerate(nb['cells']): cell['id'] = str(i)
        path.write_text(json.dumps(nb), encoding='utf-8')
    for name in PROJECT:
        source = (ROOT/f'{name}.md').read_text(encoding='utf-8').replace('](nbs/', '](')
        (dest/f'{name}.md').write_text(names.link(source, ''), encoding='utf-8')

# -- For other readers -------------------------------------------------------------------------------------------------

def block(s, lang=''): return f'```{lang}\n{s.rstrip()}\n```'

def described(e, level='###'):
    "An entry in plain markdown."
    head = [f'{level} {", ".join(e["names"])}', *([] if e['bare'] else [block(signature(e, e['names'][0]), 'python')])]
    parts = [*head, inherits(e), e['doc'], table(e), *(described(m, '####') for m in e['members'])]
    return '\n\n'.join(p.rstrip() for p in parts if p)

def printed(cell):
    "Text that a cell puts out; pictures are left out."
    outs = [o for o in cell['outputs'] if not any(kind.startswith('image/') for kind in o.get('data', {}))]
    texts = [''.join(o.get('text') or o.get('data', {}).get('text/plain', '')) for o in outs]
    return [block(t) for t in texts if t.strip()]

def plain_page(page):
    "A page in plain markdown."
    parts = []
    for cell in page.cells:
        if page.exported(cell): parts += [described(e) for e in entries(undirected(text(cell)))]
        if cell['cell_type'] == 'code': parts += [block(undirected(text(cell)), 'python'), *printed(cell)]
        else: parts.append(re.sub(r'!\[[^\]]*\]\(attachment:[^)]*\)', '', text(cell)))
    md = re.sub(PROJECT_LINK, r'](\1.html', '\n\n'.join(parts))
    return re.sub(r'(\]\([\w/.]+)\.ipynb', r'\1.html.md', md) + '\n'

def for_machines(site):
    "Each page as markdown beside it, and llms.txt, which lists them (llmstxt.org)."
    all_pages = pages()
    for page in all_pages: (site/f'{page.name}.html.md').write_text(plain_page(page), encoding='utf-8')
    out = [f'# {all_pages[0].title}', f'> {all_pages[0].summary}']
    for title, ps in sections(all_pages):
        out.append(f'## {title}\n\n' + '\n'.join(f'- [{p.title}]({p.name}.html.md): {p.summary}' for p in ps))
    (site/'llms.txt').write_text('\n\n'.join(out) + '\n', encoding='utf-8')

if __name__ == '__main__':
    if len(sys.argv) == 2: stage(Path(sys.argv[1]))
    else: for_machines(Path(sys.argv[2]))
