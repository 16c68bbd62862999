#!/usr/bin/env python
"""The review grid and the explorer in a real JupyterLab and a real browser: what is clicked has to be saved and shown.

    python .ci/in_browser.py [review keys explorer report 23_review 35_explorer] [--chromium PATH] [--theme dark]
                             [--screenshot FILE] [--pictures FOLDER]

review works through the grid with mouse and keys, kills the kernel, and compares the csv at every step; keys presses
hundreds of keys at one per 20 ms and all at once, and confirms a table page by page, with the waits; explorer does
the same with the explorer and what it shows; report prints a report to a PDF and reads it again; 23_review and
35_explorer run the notebooks themselves from top to bottom, with one decision and one query. All when none is named.
Waits are told in a table at the end, with the load of the machine. With --pictures each state is kept in three sizes;
give --theme both for both themes. Needs `pip install playwright jupyterlab pypdf` and a Chromium or Chrome; axe-core
comes by npm. Makes synthetic players in a temporary folder, opens nothing outside this machine, and exits with 1 at
the first check that fails."""
import argparse, base64, contextlib, csv, dataclasses, json, os, re, secrets, shutil, signal, socket, subprocess, sys
import tempfile, time
from functools import partial
from pathlib import Path
from urllib.request import urlopen

REPO = Path(__file__).resolve().parent.parent
REVIEW = """import os
from pathlib import Path
from reid_nb.review import review
Path('pid').write_text(str(os.getpid()))
review('noise.csv', '.', rows=5)"""
EXPLORER = """from reid_nb.explorer import explorer
view = explorer('run')
view"""


def stop(text): sys.exit(f'in_browser: {text}')


SPEC = dict(kernelspec=dict(name='python3', display_name='python3', language='python')) # or JupyterLab asks


def write_notebook(path, *cells):
    new = dict(cell_type='code', metadata={}, outputs=[], execution_count=None)
    cells = [new | dict(id=f'c{i}', source=c) for i, c in enumerate(cells)]
    path.write_text(json.dumps(dict(cells=cells, metadata=SPEC, nbformat=4, nbformat_minor=5)))


def make_review(folder, n_ids=12, frames=14, run=False):
    "Synthetic players, the csv that mining would write for them, and a notebook of one cell; `run`: in a run's folder."
    import numpy as np
    from reid_nb.data import read_dataset
    from reid_nb.cleaning import decide
    from reid_nb.synth import make_dataset
    players = make_dataset(folder/'players.zip', n_ids=n_ids, frames=frames, n_val=1, n_test=1, seed=5)
    data = read_dataset(players, folder/'unpacked')
    (data.root/'data_reid').rename(folder/'data_reid')
    train = data.rows('train')
    score = (3*(1 - train.visible)**2 + np.random.default_rng(0).normal(0, 0.3, len(train))).round(3)
    kind = np.select([score > 1.8, score > 0.9], ['hidden', 'partial'], 'clean')
    table = decide(train.assign(loss=score + 0.5, score=score, kind=kind)).drop(columns=['camid', 'subset', 'role'])
    table['confused_pid'] = np.roll(table.pid, len(table)//2)
    table = table[[c for c in table if c not in ('decision', 'by')] + ['decision', 'by']]
    where = folder/'run' if run else folder
    where.mkdir(exist_ok=True)
    (where/'root.txt').write_text(str(folder))
    table.to_csv(where/'noise.csv', index=False, lineterminator='\n')
    write_notebook(folder/'review.ipynb', REVIEW.replace("'noise.csv', '.', rows=5", "'run'") if run else REVIEW)


def make_explorer(folder):
    "A run of two untrained networks, a picture from elsewhere, and a notebook of one cell."
    from reid_nb.core import seed_all
    from reid_nb.recipe import load_recipe, save_recipe
    from reid_nb.data import read_dataset
    from reid_nb.models import recipe_model, save_model
    from reid_nb.provenance import trained_on
    from reid_nb.run_files import keep_table, read_table
    from reid_nb.synth import make_dataset
    players = make_dataset(folder/'players.zip', n_ids=2, frames=8, n_val=8, n_test=1, seed=6)
    data = read_dataset(players, folder/'unpacked')
    tiny, run = load_recipe('tiny').set(**{'model.backbone': 'test_resnet', 'model.size': [64, 32]}), folder/'run'
    run.mkdir()
    save_recipe(tiny, run/'recipe.toml'); keep_table(data, run)
    table = read_table(run/'table.csv')
    for seed in (1, 2):
        seed_all(seed)
        model = recipe_model(tiny, 2)
        model.trained_on = trained_on(tiny, table[table.subset == 'train'])
        save_model(model, run/f'models/m{seed}')
    from reid_nb.report import list_anchor
    headings = [f'<h4 id="{list_anchor(file)}">a ranked list</h4>' for file in data.rows('test', 'query').file]
    (run/'report.html').write_text('\n'.join(headings), encoding='utf-8')
    shutil.copy(data.root/data.rows('test', 'query').file.iloc[2], folder/'elsewhere.jpg')
    (folder/'broken.jpg').write_bytes(b'no picture')
    write_notebook(folder/'explorer.ipynb', EXPLORER)


def make_notebook(name, folder):
    "The notebook itself, without the export at its end."
    nb = json.loads((REPO/f'nbs/{name}').read_text(encoding='utf-8'))
    nb['cells'] = [c for c in nb['cells'] if 'nbdev_export' not in ''.join(c['source'])]
    (folder/name).write_text(json.dumps(nb | dict(metadata=SPEC)), encoding='utf-8')


@contextlib.contextmanager
def start_lab(folder, theme):
    "A JupyterLab of its own, settings included, on a free port of this machine; yields the folder's address."
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
    token, home = secrets.token_hex(16), folder/'home'
    settings = home/'settings'/'@jupyterlab'/'apputils-extension'
    settings.mkdir(parents=True)
    (settings/'themes.jupyterlab-settings').write_text(json.dumps(dict(theme=f'JupyterLab {theme.title()}')))
    quiet = dict(fetchNews='false', checkForUpdates=False)
    (settings/'notification.jupyterlab-settings').write_text(json.dumps(quiet))
    (settings.parent/'notebook-extension').mkdir()
    whole = settings.parent/'notebook-extension'/'tracker.jupyterlab-settings' # cells out of sight are drawn as well
    whole.write_text(json.dumps(dict(windowingMode='none')))
    env = dict(os.environ, JUPYTERLAB_SETTINGS_DIR=str(home/'settings'), JUPYTERLAB_WORKSPACES_DIR=str(home/'spaces'),
               JUPYTER_CONFIG_DIR=str(home/'config'), JUPYTER_RUNTIME_DIR=str(home/'runtime'),
               IPYTHONDIR=str(home/'ip'), PYTHONPATH=os.pathsep.join([str(REPO), os.environ.get('PYTHONPATH', '')]))
    args = [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={port}',
            '--ServerApp.port_retries=0', f'--IdentityProvider.token={token}', f'--ServerApp.root_dir={folder}']
    with open(folder/'server.log', 'w') as log:
        server = subprocess.Popen(args, env=env, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(120):
            if server.poll() is not None: stop('JupyterLab did not start: ' + (folder/'server.log').read_text()[-500:])
            with contextlib.suppress(OSError):
                urlopen(f'http://127.0.0.1:{port}/api?token={token}', timeout=5).close()
                break
            time.sleep(0.5)
        else: stop('JupyterLab did not answer within a minute')
        yield f'http://127.0.0.1:{port}/lab/tree/{{}}?token={token}'
    finally:
        with contextlib.suppress(ProcessLookupError): os.killpg(server.pid, signal.SIGTERM)
        try: server.wait(20)
        except subprocess.TimeoutExpired: os.killpg(server.pid, signal.SIGKILL)


class Page:
    "An open page and the checks on it."
    def __init__(self, page, folder, url, timeout):
        self.page, self.folder, self.url, self.timeout, self.n, self.axe = page, folder, url, timeout, 0, ''
        self.theme, self.pictures, self.waits = 'light', None, {}

    def took(self, what, seconds): self.waits.setdefault(what, []).append(seconds)

    def look(self, state, sizes=((1280, 720), (1920, 1080), (900, 1200))):
        "Keep pictures of what is shown, in three sizes."
        if self.pictures is None: return
        usual = self.page.viewport_size
        for width, height in sizes:
            self.page.set_viewport_size(dict(width=width, height=height))
            self.page.wait_for_timeout(900)
            self.page.screenshot(path=self.pictures/f'{state}-{self.theme}-{width}.png')
        self.page.set_viewport_size(usual)
        self.page.wait_for_timeout(400)

    def check(self, what, ok, seconds=30):
        "Wait until `ok()` holds; the run ends when it does not."
        end = time.time() + seconds
        while not ok():
            if time.time() > end: raise AssertionError(what)
            self.page.wait_for_timeout(50)
        self.n += 1
        print(f'ok  {what}', flush=True)

    def press(self, *keys):
        for key in keys: self.page.keyboard.press(key)

    def open(self, name):
        self.page.goto('about:blank')
        self.page.goto(self.url.format(name))
        self.page.wait_for_selector('.jp-StatusBar-Widget :text("| Idle")')
        self.page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status=idle]', state='attached')

    def run_cell(self, name, shown):
        "Open a notebook and run its first cell; keys pressed while JupyterLab still puts itself together are lost."
        self.open(name)
        for last in (False, False, True):
            self.page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell .cm-content').first.click()
            self.press('Shift+Enter')
            try: return self.page.wait_for_selector(shown, timeout=60000 if last else 20000)
            except self.timeout:
                if last: raise

    def run_all(self, name, shown):
        "Open a notebook and run all of it."
        self.open(name)
        for last in (False, False, True):
            try:
                dialog = self.page.locator('.jp-Dialog .jp-mod-accept') # asks for a kernel when it has not got one yet
                if dialog.count(): dialog.last.click(timeout=20000)
                self.page.locator('.jp-Notebook .jp-Cell .cm-content').first.click(timeout=20000)
                self.press('Escape')
                self.page.locator('.lm-MenuBar-itemLabel', has_text='Run').click(timeout=20000)
                self.page.locator('.lm-Menu-itemLabel').get_by_text('Run All Cells', exact=True).click(timeout=20000)
                busy = '.jp-Notebook-ExecutionIndicator[data-status=busy]'
                self.page.wait_for_selector(busy, state='attached', timeout=20000)
                break
            except self.timeout:
                if last: raise
        idle = '.jp-Notebook-ExecutionIndicator[data-status=idle]'
        self.page.wait_for_selector(idle, state='attached', timeout=300000)
        wrong = ', '.join(f'[data-mime-type="application/vnd.jupyter.{e}"]' for e in ('error', 'stderr'))
        errors = self.page.locator(wrong)
        self.check(f'{name} runs from top to bottom', lambda: errors.count() == 0)
        self.page.wait_for_selector(shown, state='attached')
        self.page.wait_for_timeout(2000) # until what the last cells changed has been drawn

    def accessible(self, which):
        "No serious finding of axe-core in the part of the page; left out where there is no axe-core."
        if not self.axe: return print(f'skipped: no axe-core for {which}; give --axe axe.min.js')
        self.page.evaluate(self.axe)
        found = self.page.evaluate("which => axe.run({ include: [[which]] }, { resultTypes: ['violations'] })", which)
        bad = [f"{v['id']}: {node['html'][:160]}" for v in found['violations'] if v['impact'] in ('serious', 'critical')
               for node in v['nodes'][:3]]
        for line in bad: print(f'    {line}')
        self.check(f'axe-core has no serious finding in {which}', lambda: not bad, 0)

    def tab(self, name): self.page.locator('.lm-TabBar-tabLabel', has_text=re.compile(f'^{name}$')).last.click()
    def drawn(self, which): return self.page.evaluate(
        f"[...document.querySelectorAll('{which}')].every(i => i.complete && i.naturalWidth > 0)")


class Grid(Page):
    "The review grid, and the csv behind it."
    def rows(self):
        with open(self.path, newline='') as f: return {row['file']: row for row in csv.DictReader(f)}

    @property
    def path(self): return next(p for p in (self.folder/'noise.csv', self.folder/'run/noise.csv') if p.is_file())

    def ranked(self, **fits):
        "Files in the order of the grid."
        rows = [r for r in self.rows().values() if all(r[k] == v for k, v in fits.items())]
        return [r['file'] for r in sorted(rows, key=lambda r: -float(r['score']))]

    def decided(self, what, file, decision, by='person'):
        "The csv says so, and so does the grid where it shows the crop."
        def ok():
            row, cards = self.rows()[file], self.cards('.rv-card')
            shown = [(c['decision'], c['by']) for c in cards if c['file'] == file]
            return (row['decision'], row['by']) == (decision, by) and shown in ([], [(decision.split()[0], by)])
        self.check(f'{what}: {decision} by {by}', ok)

    def cards(self, which): return self.page.eval_on_selector_all(which, 'cards => cards.map(c => ({...c.dataset}))')
    def files(self): return [c['file'] for c in self.cards('.rv-card')]
    def now(self): return next((c['file'] for c in self.cards('.rv-now')), None)
    def says(self): return ' '.join(self.page.locator('.rv-status').all_inner_texts())
    def counts(self): return self.page.locator('.rv-counts').inner_text()


def decisions(g):
    "Clicks and keys."
    before, ranked = g.path.read_text().splitlines(), g.ranked()
    a, b, c, d, e = ranked[:5]
    was = g.rows()
    g.check('the five most suspicious come first', lambda: g.files() == ranked[:5])
    g.check('every picture is drawn', lambda: g.drawn('.rv img'))
    thumbs = g.page.locator('.rv-strip').first.locator('.rv-thumb')
    rivals = g.page.locator('.rv-strip').nth(1).locator('.rv-thumb')
    g.check('the rest of the id is beside it', lambda: thumbs.count() == len(g.ranked(pid=was[a]['pid'])) - 1 > 0)
    other = was[a]['confused_pid']
    g.check('and its rival', lambda: other == was[a]['pid'] or rivals.count() == len(g.ranked(pid=other)) > 0)
    g.page.locator(f'.rv-card[data-file="{b}"] [data-what=keep]').click()
    g.decided('a click on Keep', b, 'keep')
    changed = [x for x, y in zip(before, g.path.read_text().splitlines()) if x != y]
    g.check('one line of the csv has changed', lambda: [x.split(',')[0] for x in changed] == [b])
    g.check('a click stays on its crop', lambda: g.now() == b)
    g.press('ArrowLeft')
    g.check('arrow left goes to the crop before', lambda: g.now() == a)
    for key, decision in dict(d='drop', o='oversample x2', k='keep').items():
        g.press(key)
        g.decided(f'key {key}', a, decision)
        g.check(f'key {key} goes on to the next crop', lambda: g.now() == b)
        g.press('p')
    g.press('5')
    g.decided('key 5', a, 'oversample x5')
    g.press('u')
    g.decided('key u', a, 'keep')
    g.check('undo goes back to its crop', lambda: g.now() == a)
    g.press('r')
    g.decided('key r', a, was[a]['decision'], 'rule')
    g.press('n', ' ')
    g.decided('space confirms', c, was[c]['decision'])
    g.press('d', 'd')
    for f in (d, e): g.decided('D twice drops two crops', f, 'drop')
    cells = g.page.locator('.jp-Notebook .jp-Cell').count()
    g.press('x')
    g.page.wait_for_timeout(500)
    g.check("and JupyterLab's own D D and X do nothing", lambda: g.page.locator('.jp-CodeCell .rv').count() == 1
            and g.page.locator('.jp-Notebook .jp-Cell').count() == cells)
    g.check('after the last crop comes the next page', lambda: g.files() == ranked[5:10] and g.now() == ranked[5])
    n = sum(r['decision'] == 'drop' for r in g.rows().values())
    g.check('the counts are those of the csv', lambda: f'{n} dropped' in g.counts()
            and f'4 of {len(was)} seen' in g.counts())
    g.press('u')
    g.decided('undo on another page', e, was[e]['decision'], 'rule')
    g.check('undo goes back to that page', lambda: g.files() == ranked[:5] and g.now() == e)


def lists(g):
    "Pages and filters; g.page is on its first page."
    kind, by, pid = (g.page.locator(f'[aria-label="{name}"]') for name in ('Kind', 'Decided by', 'Id'))
    ranked = g.ranked()
    g.press('PageDown')
    g.check('page down turns the page', lambda: g.files() == ranked[5:10])
    g.press('p')
    g.check('p on the first crop goes to the page before', lambda: g.files() == ranked[:5] and g.now() == ranked[4])
    kind.select_option('partial')
    g.check('filter by kind', lambda: g.files() == g.ranked(kind='partial')[:5])
    by.select_option('person'); kind.select_option('')
    g.check('filter by person', lambda: g.files() == g.ranked(by='person'))
    by.select_option('')
    g.page.locator(f'.rv-card[data-file="{ranked[2]}"] .rv-crop').click()
    g.page.locator('.rv-side .rv-id').click()
    g.check('a click on an id shows its crops only', lambda: {g.rows()[f]['pid'] for f in g.files()}
            == {g.rows()[ranked[2]]['pid']})
    pid.fill(''); pid.press('Enter')
    g.check('no filter opens at the first crop not seen', lambda: g.now() == next(
        f for f in ranked if g.rows()[f]['by'] == 'rule'))
    text, one = g.path.read_text(), g.rows()[ranked[7]]['pid']
    pid.click()
    g.press(*one, 'd', 'Backspace', 'Enter')
    g.check('filter by id', lambda: g.files() == g.ranked(pid=one)[:5])
    g.check('typing in a field decides nothing', lambda: g.path.read_text() == text)
    pid.fill('99999'); pid.press('Enter')
    g.check('an id that is not there', lambda: 'No crop fits' in g.page.locator('.rv-list').inner_text())
    pid.fill('x'); pid.press('Enter')
    g.check('an id that is none', lambda: 'whole number' in g.says())
    pid.fill(''); pid.press('Enter')
    g.check('and back to all', lambda: g.now() and not g.says())


def several(g):
    "Many crops at once, the order of the list, a jump, and a larger picture; g.page is on the first crop not seen."
    g.press('Home')
    ranked, was = g.ranked(), g.rows()
    a, b, c, d, e = ranked[:5]
    at = lambda f: g.page.locator(f'.rv-card[data-file="{f}"] .rv-crop')
    chosen = lambda: [f.get_attribute('data-file') for f in g.page.locator('.rv-selected').all()]
    g.check('home goes to the first crop', lambda: g.now() == a)
    at(b).click(); at(d).click(modifiers=['Shift'])
    g.check('a click with shift selects what is between', lambda: chosen() == [b, c, d] and '3 selected' in g.says())
    at(c).click(modifiers=['Control'])
    g.check('a click with ctrl takes one out', lambda: chosen() == [b, d])
    g.press('d')
    for f in (b, d): g.decided('a key decides on all that are selected', f, 'drop')
    g.check('and on no other', lambda: (g.rows()[c]['decision'], g.rows()[c]['by']) == (was[c]['decision'], was[c]['by']))
    g.press('u')
    for f in (b, d): g.decided('one undo takes all of it back', f, was[f]['decision'], was[f]['by'])
    one, other = at(a).bounding_box(), at(c).bounding_box()
    g.page.mouse.move(one['x'] + 20, one['y'] + 50); g.page.mouse.down()
    g.page.mouse.move(other['x'] + 20, other['y'] + 60, steps=8); g.page.mouse.up()
    g.check('a drag selects', lambda: chosen() == [a, b, c])
    g.press('Escape', 'Home', 'Shift+ArrowRight', 'Shift+ArrowRight')
    g.check('shift and arrows select', lambda: chosen() == [a, b, c])
    g.press('a')
    g.check('A selects the page', lambda: chosen() == ranked[:5])
    g.press('Escape', 'Enter')
    g.check('enter confirms the page', lambda: all(g.rows()[f]['by'] == 'person' for f in ranked[:5])
            and all(g.rows()[f]['decision'] == was[f]['decision'] for f in ranked[:5]))
    g.check('and turns it', lambda: g.files() == ranked[5:10])
    g.press('u')
    g.check('one undo takes back the page', lambda: {f: r['by'] for f, r in g.rows().items()} == {
        f: r['by'] for f, r in was.items()} and g.now() in ranked[:5])
    g.page.locator('[aria-label="Sort by"]').select_option('frame')
    frames = lambda: [int(g.rows()[f]['frame']) for f in g.files()]
    top = max(int(r['frame']) for r in was.values())
    g.check('sorted by another column', lambda: frames() == [top]*5)
    g.page.locator('[aria-label="Highest first"]').click()
    g.check('and the other way round', lambda: frames() == [1]*5)
    g.page.locator('[aria-label="Lowest first"]').click()
    g.page.locator('[aria-label="Sort by"]').select_option('score')
    g.check('and back', lambda: g.now() in ranked and g.files()[0] in ranked[::5])
    jump = g.page.locator('[aria-label="Go to"]')
    jump.fill('33'); jump.press('Enter')
    g.check('a jump to a number', lambda: g.now() == ranked[32])
    jump.fill(ranked[50].split('/')[-1]); jump.press('Enter')
    g.check('a jump to a file', lambda: g.now() == ranked[50])
    jump.fill('nobody.jpeg'); jump.press('Enter')
    g.check('a jump to nothing', lambda: 'no crop' in g.says())
    jump.fill('')
    at(ranked[51]).hover()
    g.check('a picture under the pointer is shown larger', lambda: g.page.locator('.rv-zoom img').is_visible()
            and g.drawn('.rv-zoom img'))
    g.page.mouse.move(5, 5)
    g.check('and no longer', lambda: not g.page.locator('.rv-zoom').is_visible())
    at(ranked[50]).click(); g.press('Home')
    left = next(f for f in g.ranked() if g.rows()[f]['by'] == 'rule')
    jump.fill(str(g.ranked().index(left) + 1)); jump.press('Enter')
    g.check('back at the first crop not seen', lambda: g.now() == left)
    text = g.path.read_text()
    g.path.write_text(text[:len(text)//2])
    g.press('d', 'd')
    g.check('what cannot be saved stays marked', lambda: '2 not saved' in g.says())
    g.path.write_text(text)
    g.page.get_by_role('button', name='Save again what could not be saved').click()
    g.decided('and is saved by one click', left, 'drop')
    g.press('u', 'u')
    g.decided('undone again', left, was[left]['decision'], 'rule')


def review_out(g):
    "Three crops handed out as a folder; g.page is on a crop that is not seen."
    g.press('Home', 'Shift+ArrowRight', 'Shift+ArrowRight')
    g.look('review-selected')
    files = g.ranked()[:3]
    g.press('e')
    field = g.page.get_by_label('Hand out 3 as')
    field.fill('three'); field.press('Enter')
    g.check('three crops are handed out', lambda: '3 crops are in three' in g.says())
    with open(g.folder/'three/images.csv', newline='') as f: rows = [*csv.DictReader(f)]
    pictures = [*(g.folder/'three').glob('*.jpg')]
    g.check('with their rows and pictures', lambda: [row['file'] for row in rows] == files and len(pictures) == 3)
    g.press('e')
    field.fill('three'); field.press('Enter')
    g.check('but never over another', lambda: 'is there already' in g.says())
    g.look('review-error')
    g.page.locator('.rv-crop').first.click()
    left = next(f for f in g.ranked() if g.rows()[f]['by'] == 'rule')
    jump = g.page.locator('[aria-label="Go to"]')
    jump.fill(str(g.ranked().index(left) + 1)); jump.press('Enter')
    g.check('back at a crop not seen', lambda: g.now() == left and not g.says())


def fast(g):
    "Keys as fast as they come: none is lost, and each decides on the crop that was meant."
    ranked = g.ranked()
    rate = 20
    expected = ['keep', 'drop', 'oversample x2']
    n = 400
    g.page.locator('.rv').focus()
    g.press('Home')
    for i in range(n):
        g.page.keyboard.press('kdo'[i % 3])
        g.page.wait_for_timeout(rate)
    wanted = [(expected[i % 3], 'person') for i in range(n)]
    saved = lambda: [(g.rows()[f]['decision'], g.rows()[f]['by']) for f in ranked[:n]]
    g.check(f'{n} keys, one each {rate} ms, decide on {n} crops', lambda: saved() == wanted, 60)
    g.check('and on no other', lambda: sum(r['by'] == 'person' for r in g.rows().values()) == n)
    g.press('Home')
    g.page.evaluate("""n => { const grid = document.querySelector('.rv');
        for (let i = 0; i < n; i++) grid.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', bubbles: true })); }""", n)
    g.check(f'{n} keys at once decide on {n} crops', lambda: all(g.rows()[f]['decision'] == 'drop' for f in ranked[:n]), 60)
    for _ in range(30): g.page.keyboard.press('u')
    g.check('thirty undos take thirty back', lambda: saved()[n - 30:] == wanted[n - 30:], 120)


def pages(g):
    "The whole table confirmed page by page: how many keys and how long the waits."
    left = lambda: [f for f, r in g.rows().items() if r['by'] == 'rule']
    g.page.locator('[aria-label="Decided by"]').select_option('rule')
    g.check('only what is left', lambda: set(g.files()) <= set(left()))
    n, per, waits, turns = len(left()), len(g.files()), [], 0
    while True:
        now, last = g.files(), g.page.locator('.rv-where').inner_text()
        start = time.perf_counter()
        g.press('Enter')
        turns += 1
        first, _, total = last.partition(' of ')
        if int(first) - 1 + len(now) >= int(total): break
        g.page.wait_for_function("""was => { const c = [...document.querySelectorAll('.rv-card')];
            return c.length && c[0].dataset.file !== was && [...document.querySelectorAll('.rv-crop img')].every(i => i.complete); }""",
            arg=now[0], polling=5)
        waits.append(time.perf_counter() - start)
    g.check(f'{n} crops are confirmed by {turns} keys, {per} a page', lambda: not left(), 60)
    waits.sort()
    for seconds in waits: g.took(f'a page of {per} crops is confirmed and the next is there', seconds)
    g.took(f'all {n} crops, {turns} keys', sum(waits))


def others(g):
    "Somebody else writes, or ruins, the csv meanwhile."
    rows, here = g.path.read_text().splitlines(), g.now()
    far = g.ranked()[40]
    rows = [','.join(r.split(',')[:-2] + ['oversample x9', 'person']) if r.startswith(far) else r for r in rows]
    g.path.write_text('\n'.join(rows) + '\n')
    g.press('k')
    g.decided('a decision after a hand edit', here, 'keep')
    g.decided('and the hand edit is still there', far, 'oversample x9')
    here, text = g.now(), g.path.read_text()
    g.path.write_text(text[:len(text)//2])
    g.press('d')
    g.check('a damaged csv is told in one line', lambda: 'noise.csv, line' in g.says() and '\n' not in g.says())
    g.check('and left as it is', lambda: g.path.read_text() == text[:len(text)//2])
    g.path.write_text(text)
    g.page.locator(f'.rv-card[data-file="{here}"] .rv-crop').click()
    g.press('d')
    g.decided('a click on the crop and the same key, once it is mended', here, 'drop')
    g.check('and nothing is said any more', lambda: g.says() == '')


def death(g):
    "The kernel is killed between two keys."
    here, text = g.now(), g.path.read_text()
    g.press('o')
    g.decided('a last decision', here, 'oversample x2')
    os.kill(int((g.folder/'pid').read_text()), signal.SIGKILL)
    saved = g.rows()
    g.press('d')
    g.check('a key without a kernel is not shown as saved', lambda: 'nothing is saved' in g.says(), 30)
    g.check('the csv is whole after the kill', lambda: g.rows() == saved and len(saved) == len(text.splitlines()) - 1)
    g.run_cell('review.ipynb', '.rv-crop img')
    left = next(f for f in g.ranked() if saved[f]['by'] == 'rule')
    g.check('opened again, it is where one was', lambda: g.now() == left)
    g.check('and everything is there', lambda: g.rows() == saved
            and f"{sum(r['by'] == 'person' for r in saved.values())} of {len(saved)} seen" in g.counts())
    g.page.locator('.rv-now .rv-crop').click()
    g.press('k')
    g.decided('and goes on', left, 'keep')


class Lists(Page):
    "The explorer, and what it should show."
    def lists(self): return self.page.eval_on_selector_all('.ex-row', """rows => rows.map(r => [r.dataset.name,
        [...r.querySelectorAll('.ex-card')].map(c => [c.dataset.file, c.dataset.status])])""")
    def asked(self): return self.lists()[0][1][0][0]
    def score(self): return ' '.join(self.page.locator('.jp-OutputArea-output .widget-label').all_inner_texts())
    def expected(self):
        "What the library gives in this process."
        from reid_nb.explorer_state import Explorer, read_results
        copy = self.folder/'copy'
        if not copy.exists(): shutil.copytree(self.folder/'run', copy)
        return Explorer(*read_results(copy)) # each writes its own


def as_it_should(x, ex, what):
    "Wait until the page shows the explorer's lists."
    answers = lambda n: ex.ranked(n)[:ex.k][['file', 'status']].values.tolist()
    found = [[n, [[ex.row().file, 'query'], *answers(n)]] for n in ex.systems()]
    x.check(what, lambda: x.lists() == found)


def asking(x):
    "Queries, pictures, steps and sliders."
    ex, page = x.expected(), x.page
    ex.query = 'query', ex.order()[0]
    as_it_should(x, ex, 'the worst query comes first, with its answers')
    x.check('every picture is drawn', lambda: x.drawn('.ex img'))
    x.check('the score is there', lambda: f"mAP {ex.results('m1').mAP:.1%}" in x.score())
    last = ex.order()[-1]
    page.locator('.ex-name-query select').select_option(index=len(ex.q) - 1)
    ex.go(('query', last))
    as_it_should(x, ex, 'a query is chosen')
    wrong = ex.ranked('m1')
    file, at = wrong.file.iloc[1], int(wrong['at'].iloc[1])
    page.locator(f'.ex-card[data-file="{file}"] .ex-pic').first.click()
    ex.go(('gallery', at))
    as_it_should(x, ex, 'a click on a picture makes it the query, and it is not among its own answers')
    page.get_by_role('button', name='back').click()
    ex.back()
    as_it_should(x, ex, 'and back')
    for step in ('plain', 'expand', 'fuse', 'flip'):
        page.get_by_role('button', name=step, exact=True).click()
        ex.step = step
        as_it_should(x, ex, f'step {step}')
        x.check('with its score', lambda: f"mAP {ex.results(ex.systems()[0]).mAP:.1%}" in x.score())
    page.locator('select[multiple]').select_option(label=['m1', 'm2'])
    ex.shown = ['m1', 'm2']
    as_it_should(x, ex, 'two models beside each other')
    unused = lambda: page.locator('.widget-inline-hbox', has_text='k1').locator('[disabled]').count()
    x.check('a slider that the step does not use is disabled', lambda: unused() > 0)
    page.get_by_role('button', name='re-rank', exact=True).click()
    ex.step = 're-rank'
    as_it_should(x, ex, 'step re-rank for both')
    x.check('and one that it uses is not', lambda: unused() == 0)
    before, slider = x.score(), page.locator('.widget-inline-hbox', has_text='k1').locator('.noUi-handle')
    slider.focus(); x.press('ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft')
    ex.test = dataclasses.replace(ex.test, k1=ex.test.k1 - 4)
    as_it_should(x, ex, 'a slider')
    x.check('and its score', lambda: f"mAP {ex.results('m1').mAP:.1%}" in x.score() and x.score() != before)
    return ex


def around_map(x, canvas):
    "Zoom, lasso, legend and keys of the map."
    page, said = x.page, x.page.locator('.em-said')
    shot = lambda: canvas.evaluate("c => c.toDataURL()")
    whole = shot()
    page.get_by_role('button', name='Zoom in').click()
    x.check('a button zooms', lambda: shot() != whole)
    page.get_by_role('button', name='Show all of the map').click()
    box = canvas.bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)]
    at = [(box['x'] + a*box['width'], box['y'] + b*box['height']) for a, b in corners]
    page.keyboard.down('Shift')
    page.mouse.move(*at[0]); page.mouse.down()
    for p in [*at[1:], at[0]]: page.mouse.move(*p, steps=4)
    page.mouse.up(); page.keyboard.up('Shift')
    x.check('a lasso selects', lambda: 'selected' in said.inner_text())
    n = int(said.inner_text().split()[0])
    x.tab('Lists')
    x.check('and what it selects is in a list', lambda: x.lists()[-1][0] == 'selected' and len(x.lists()[-1][1]) == min(n, 60))
    x.tab('Map')
    groups = page.locator('.em-group')
    groups.first.click()
    x.check('a click in the legend shows one group only', lambda: page.locator('.em-group[aria-pressed=true]').count() == 1)
    groups.first.click()
    x.check('and another click all', lambda: page.locator('.em-group[aria-pressed=false]').count() == 0)
    canvas.focus(); x.press('ArrowRight', 'ArrowDown')
    x.check('arrows go from dot to dot', lambda: page.locator('.em-tip').is_visible())
    x.look('map')
    x.accessible('.ex-view')
    page.get_by_role('button', name='Select nothing').click()
    x.tab('Lists')
    x.check('nothing selected, no list of it', lambda: x.lists()[-1][0] != 'selected')
    for width in (900, 1280, 1920, 2500):
        page.set_viewport_size(dict(width=width, height=1000))
        page.wait_for_timeout(300)
        x.check(f'no list scrolls sideways at {width} pixels', lambda: page.eval_on_selector_all('.ex, .ex-cards',
            'parts => parts.every(p => p.scrollWidth <= p.clientWidth + 1)'))
    page.set_viewport_size(dict(width=1500, height=1000))
    x.tab('Map')


def waits(x, ex):
    "How long a query and the first map take, from the click to the picture."
    page, taken = x.page, []
    query = page.locator('.ex-name-query select')
    for i in range(len(ex.q)):
        was, start = x.asked(), time.perf_counter()
        query.select_option(index=i)
        if query.evaluate('s => s.selectedOptions[0].textContent').endswith(was.split('/')[-1]): continue
        page.wait_for_function("was => document.querySelector('.ex-row .ex-card').dataset.file !== was", arg=was, polling=5)
        x.took('a query, with its lists', time.perf_counter() - start)
    start = time.perf_counter()
    x.tab('Map')
    page.wait_for_function("""() => { const c = document.querySelector('.em-map');
        return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0); }""", polling=20)
    x.took('the map shows something', time.perf_counter() - start)
    x.tab('Lists')
    for step in ('plain', 'flip', 're-rank'):
        score, start = x.score(), time.perf_counter()
        page.get_by_role('button', name=step, exact=True).click()
        x.check(f'step {step} has its score', lambda: x.score() != score and 'working' not in x.score())
        x.took('another step, with its score', time.perf_counter() - start)


def comparing(x, ex):
    "The tab that compares two models, and the form that hands out; both models are shown, after re-rank."
    from reid_nb.compare import compare
    page, found = x.page, compare(ex)
    start = time.perf_counter()
    x.tab('Compare')
    x.check('the paired test is there', lambda: str(found) in page.locator('.widget-html').all_inner_texts())
    x.took('two models are compared', time.perf_counter() - start)
    x.check('with the distances of pairs', lambda: page.locator('.ex-name-distances-of-right-and-wrong-pairs').evaluate('i => i.naturalWidth > 300'))
    x.accessible('.ex-view')
    x.look('compare')
    rows = found.gained() if len(found.gained()) else found.lost()
    which = 'gained' if len(found.gained()) else 'lost'
    page.locator(f'.ex-name-queries-{which} select').select_option(index=0)
    ex.query, ex.shown = ('query', int(rows.number.iloc[0])), list(found.names)
    as_it_should(x, ex, f'a query that was {which} is shown in both lists')


def handing_out(x, ex):
    "The first list as a folder, and the place of a query in the report."
    page = x.page
    page.locator('.ex-name-name-to-hand-out-under input').fill('for_anna')
    page.get_by_role('button', name='hand out').click()
    x.check('a list is handed out', lambda: f'{ex.k + 1} images are in for_anna' in x.score())
    files = [file for file, _ in x.lists()[0][1]]
    with open(x.folder/'for_anna/images.csv', newline='') as f: rows = [*csv.DictReader(f)]
    pictures = [x.folder/'for_anna'/row['picture'] for row in rows]
    x.check('with its rows', lambda: [row['file'] for row in rows] == files)
    x.check('and its pictures', lambda: all(picture.is_file() for picture in pictures))
    page.get_by_role('button', name='hand out').click()
    x.check('but never over another', lambda: 'is there already' in x.score())
    page.locator('.ex-name-query select').select_option(index=0)
    ex.query = 'query', ex.order()[0]
    as_it_should(x, ex, 'the first query again')
    link = page.locator('.ex-report a')
    x.check('it has a place in the report', lambda: link.count() == 1 and link.inner_text().startswith('run/report.html#query-'))
    with page.expect_popup() as opened: link.click()
    report = opened.value
    x.check('which opens there', lambda: report.locator('h4').first.inner_text() == 'a ranked list' and '#query-' in report.url)
    report.close()


def elsewhere(x, ex):
    "Files, explanations and the map."
    page = x.page
    def upload(name):
        with page.expect_file_chooser() as chooser: page.locator('.widget-upload').click()
        chooser.value.set_files(x.folder/name)
    upload('elsewhere.jpg')
    x.check('a file is the query', lambda: x.asked() == 'a picture from elsewhere' and len(x.lists()[0][1]) == ex.k + 1)
    shown = x.lists()
    upload('broken.jpg')
    x.check('a file that is no picture is told in one line',
            lambda: 'broken.jpg cannot be decoded' in x.score() and x.lists() == shown)
    page.locator('.ex').evaluate("""async (node, bytes) => { const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], 'dropped.jpg'));
        node.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); }""",
        list((x.folder/'unpacked').rglob('*.jpeg').__next__().read_bytes()))
    x.check('a file that is dropped is the query', lambda: x.asked() == 'a picture from elsewhere' and x.lists() != shown)
    page.locator('.ex-why').first.click()
    x.check('why shows a picture', lambda: page.locator('.ex-name-what-the-query-and-the-answer-match-by').evaluate(
        'i => i.offsetHeight > 50 && i.naturalWidth > 300'))
    x.accessible('.ex-view')
    x.look('why')
    x.tab('Map')
    canvas, tip = page.locator('.em-map'), page.locator('.em-tip')
    x.check('the map has dots', lambda: canvas.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)"), 60)
    box = canvas.bounding_box()
    def hover():
        for i in range(20, 640, 12):
            page.mouse.move(box['x'] + i, box['y'] + 270 + 200*((i * 7) % 13 - 6) / 6)
            if tip.is_visible(): return True
    def under(): # a moment after the pointer has come to rest
        return hover() and page.wait_for_timeout(600) is None and page.locator('.em-tip img').count() == 1
    x.check('the crop under the pointer is shown', lambda: under() and x.drawn('.em-tip img'))
    page.mouse.down(); page.mouse.up()
    around_map(x, canvas)
    x.tab('Lists')
    x.check('a click on a dot makes it the query', lambda: x.asked() in {*ex.q.file, *ex.g.file})


def itself_review(x, screenshot):
    "One decision in 23_review."
    page = x.page
    x.run_all('23_review.ipynb', '.rv-card')
    seen = lambda: int(re.search(r'(\d+) of', page.locator('.rv-count').last.inner_text())[1])
    before = seen()
    page.locator('.rv-now [data-what=drop]').click()
    x.check('one decision in 23_review', lambda: seen() == before + 1
            and page.locator('.rv-now').get_attribute('data-decision') == 'drop')


def itself_explorer(x, screenshot):
    "One query in 35_explorer."
    page = x.page
    x.run_all('35_explorer.ipynb', '.ex-pic')
    view = page.locator('.jp-OutputArea-output', has=page.locator('.ex')).last
    x.tab('Lists')
    view.get_by_role('button', name='re-rank', exact=True).click()
    query = view.locator('.ex-name-query select')
    query.select_option(index=2)
    name = lambda: query.evaluate('s => s.selectedOptions[0]?.textContent ?? "none"').split()[-1]
    x.check('one query in 35_explorer', lambda: query.evaluate('s => s.selectedIndex') == 2
            and view.locator('.ex-card').first.get_attribute('data-file').endswith(name()))
    if not screenshot: return
    page.set_viewport_size(dict(width=1660, height=1780)) # both lists in one picture
    page.wait_for_timeout(1500)
    view.scroll_into_view_if_needed()
    picture(page, screenshot, view)


def picture(page, path, shown):
    "The widget as a file, or into the cell of a notebook that shows `attachment:grid.jpg`."
    if path.suffix != '.ipynb': return shown.screenshot(path=path)
    jpeg = base64.b64encode(shown.screenshot(type='jpeg', quality=60)).decode()
    nb = json.loads(path.read_text(encoding='utf-8'))
    for c in nb['cells']:
        if 'attachment:grid.jpg' in ''.join(c['source']): c['attachments'] = {'grid.jpg': {'image/jpeg': jpeg}}
    path.write_text(json.dumps(nb, indent=1, ensure_ascii=False) + '\n', encoding='utf-8')


def try_review(g, screenshot):
    g.run_cell('review.ipynb', '.rv-crop img')
    decisions(g)
    if screenshot and screenshot.suffix != '.ipynb': picture(g.page, screenshot, g.page.locator('.rv'))
    g.accessible('.rv')
    g.look('review')
    lists(g); several(g); review_out(g); others(g); death(g)


def try_keys(g, screenshot):
    g.run_cell('review.ipynb', '.rv-crop img')
    g.page.wait_for_timeout(500)
    if screenshot:
        g.page.locator('.rv').focus()
        g.press('d', 'k', 'o', 'd', 'd')
        g.page.wait_for_timeout(1500)
        picture(g.page, screenshot, g.page.locator('.rv'))
    fast(g); pages(g)


def try_explorer(x, screenshot):
    start = time.perf_counter()
    x.run_cell('explorer.ipynb', '.ex-pic img')
    x.took('a notebook and a run are opened, features embedded', time.perf_counter() - start)
    x.look('lists')
    ex = asking(x)
    if screenshot: picture(x.page, screenshot, x.page.locator('.jp-OutputArea-output').last)
    x.look('two-models')
    comparing(x, ex)
    handing_out(x, ex)
    waits(x, ex)
    elsewhere(x, ex)


def make_report(folder):
    "The report of the demonstration run, which is trained once and kept in the cache."
    from reid_nb.demo import demo_run
    from reid_nb.report import write_report
    from reid_nb.runs import read_root
    run = shutil.copytree(demo_run(), folder/'run')
    write_report(run, read_root(run))


def try_report(x, screenshot):
    "A report on a phone, on screens, and on paper."
    page = x.page
    page.goto((x.folder/'run/report.html').as_uri())
    page.emulate_media(color_scheme=x.theme)
    for width in (390, 900, 1500):
        page.set_viewport_size(dict(width=width, height=900))
        x.check(f'nothing scrolls sideways at {width} pixels', lambda: page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
    x.accessible('main')
    x.look('report', ((390, 844), (1280, 720), (1920, 1080)))
    page.pdf(path=x.folder/'report.pdf', print_background=False, prefer_css_page_size=True)
    try: from pypdf import PdfReader
    except ImportError: return print('skipped: no pypdf to read the printed report with')
    headings = {' '.join(text.split()) for text in page.locator('h1, h2, h3, h4').all_inner_texts()}
    pages = [[line for line in p.extract_text().splitlines() if line.strip()] for p in PdfReader(x.folder/'report.pdf').pages]
    plain = lambda text: ' '.join(text.replace('\ufb01', 'fi').replace('\ufb00', 'ff').split())
    lonely = [plain(lines[-1]) for lines in pages if any(plain(lines[-1]) in heading for heading in headings)]
    x.check(f'no heading ends one of {len(pages)} printed pages', lambda: not lonely, 0)
    x.check('pages are numbered', lambda: all(f'{i} of {len(pages)}' in lines for i, lines in enumerate(pages, 1)), 0)
    page.emulate_media(media='print', color_scheme='dark')
    style = page.evaluate("(() => { const s = getComputedStyle(document.body); return [s.printColorAdjust, s.getPropertyValue('--paper')]; })()")
    x.check('paper keeps the colors, and is white in a dark theme', lambda: style == ['exact', '#fff'], 0)
    if x.pictures: shutil.copy(x.folder/'report.pdf', x.pictures/'report.pdf')


def tell_waits(waits):
    "A table of the waits, with the load that the machine had."
    if not waits: return
    load = ', '.join(f'{value:.1f}' for value in os.getloadavg())
    print(f'\n| wait | median | longest | times |\n|---|---|---|---|')
    for what, seconds in waits.items():
        seconds.sort()
        print(f'| {what} | {seconds[len(seconds)//2]:.2f} s | {seconds[-1]:.2f} s | {len(seconds)} |')
    print(f'\n{os.cpu_count()} cores, load over 1, 5 and 15 minutes {load}')


TASKS = {'review': (make_review, Grid, try_review), 'keys': (partial(make_review, n_ids=40, frames=32, run=True), Grid, try_keys), 'explorer': (make_explorer, Lists, try_explorer), 'report': (make_report, Page, try_report),
         '23_review': (partial(make_notebook, '23_review.ipynb'), Page, itself_review),
         '35_explorer': (partial(make_notebook, '35_explorer.ipynb'), Page, itself_explorer)}


def find_axe(path, folder):
    "The text of axe.min.js, '' where there is none."
    if path: return path.read_text()
    if not shutil.which('npm'): return ''
    made = subprocess.run(['npm', 'install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder/'npm', 'axe-core'],
                          capture_output=True, timeout=120, check=False)
    found = folder/'npm/node_modules/axe-core/axe.min.js'
    return found.read_text() if made.returncode == 0 and found.is_file() else ''


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('tasks', nargs='*', help=f"what to try, of {', '.join(TASKS)}; all when not given")
    parser.add_argument('--chromium', help='the browser, if it is not on the PATH')
    parser.add_argument('--axe', type=Path, help='axe.min.js of axe-core; fetched by npm when not given')
    parser.add_argument('--theme', choices=['light', 'dark', 'both'], default='light', help="JupyterLab's")
    parser.add_argument('--screenshot', type=Path, help='write a picture of the grid here: png, jpg, or into the '
                        "notebook that shows `attachment:grid.jpg`")
    parser.add_argument('--pictures', type=Path, help='folder for pictures of each state, in three sizes')
    args = parser.parse_args()
    if args.pictures: args.pictures.mkdir(parents=True, exist_ok=True)
    for task in args.tasks:
        if task not in TASKS: stop(f"there is no {task}; give {', '.join(TASKS)}")
    names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    browser = shutil.which(args.chromium) if args.chromium else next(filter(None, map(shutil.which, names)), None)
    if not browser: stop(f"no browser {args.chromium or ' or '.join(names)}; install one or give --chromium PATH")
    sys.path.insert(0, str(REPO))
    try:
        import jupyterlab, reid_nb.explorer
        from playwright.sync_api import Error, TimeoutError, sync_playwright
    except ImportError as e: stop(f"{e.name} is missing: pip install playwright, and -e '.[dev]' for the rest")
    n, waits = 0, {}
    themes = ['light', 'dark'] if args.theme == 'both' else [args.theme]
    for task, theme in ((task, theme) for task in args.tasks or TASKS for theme in themes):
        make, kind, try_it = TASKS[task]
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp, sync_playwright() as p:
            folder = Path(tmp).resolve()
            make(folder)
            with start_lab(folder, theme) as url:
                chrome = p.chromium.launch(executable_path=browser, args=['--no-sandbox'])
                x = kind(chrome.new_page(viewport=dict(width=1500, height=1000)), folder, url, TimeoutError)
                x.page.set_default_timeout(90000)
                x.axe, x.theme, x.pictures, x.waits = find_axe(args.axe, folder), theme, args.pictures, waits
                try: try_it(x, args.screenshot)
                except (AssertionError, Error) as e:
                    if args.screenshot and args.screenshot.suffix != '.ipynb': x.page.screenshot(path=args.screenshot)
                    stop(f"{task} FAILED after {x.n} checks: {str(e).splitlines()[0]}")
                finally: chrome.close()
        n += x.n
    tell_waits(waits)
    print(f'{n} checks passed')


if __name__ == '__main__': main()
