#!/usr/bin/env python
"""The review grid and the explorer in a real JupyterLab and a real browser: what is clicked has to be saved and shown.

    python .ci/in_browser.py [review keys labels explorer search people report 23_review 35_explorer] [--chromium PATH] [--theme dark]
                             [--screenshot FILE] [--pictures FOLDER]

review works through the grid with mouse and keys, kills the kernel, and compares the csv at every step; keys presses
hundreds of keys at one per 20 ms and all at once, and confirms a table page by page, with the waits; labels mends labels
that look wrong and looks at the crops that are drawn for a promise; explorer does the same with the explorer and what it
shows, search asks an index, and people goes through clusters and tracks; report prints a report to a PDF and reads it again; 23_review and
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


def make_labels(folder):
    "As `make_review`, with people who have names, labels that look wrong, and enough crops to draw looks from."
    import numpy as np, pandas as pd
    make_review(folder, n_ids=40, frames=18)
    table = pd.read_csv(folder/'noise.csv')
    n, rng = len(table), np.random.default_rng(1)
    table['person'] = [f'player {pid}' for pid in table.pid]
    table['suspicion'] = table['suggestion'] = ''
    other = np.roll(table.pid, n//3)
    for at, suspicion in zip(rng.choice(n, 12, replace=False), ['swapped', 'two people', 'copy']*4):
        what = {'swapped': f'give to id {other[at]}', 'two people': 'split off', 'copy': 'drop'}[suspicion]
        table.loc[at, ['suspicion', 'suggestion']] = suspicion, what
    table['like_own'], table['like_other'] = table.file.shift(-1).fillna(table.file[0]), np.roll(table.file, n//3)
    table = table[[c for c in table if c not in ('decision', 'by')] + ['decision', 'by']]
    table.to_csv(folder/'noise.csv', index=False, lineterminator='\n')


def copy_demo(folder):
    "A copy of the demonstration run, its data, and its first network."
    from reid_nb.demo import demo_data, demo_run
    from reid_nb.models import load_model
    run = shutil.copytree(demo_run(), folder/'run')
    return demo_data(), load_model(run/'models/m0.3').eval()


def make_search(folder):
    "The demonstration run, an index that its second network made, and two notebooks of one cell."
    from reid_nb.index import Index
    data, _ = copy_demo(folder)
    Index(folder/'people', folder/'run/models/m0.4').add(data.rows('test', 'gallery'), data.root, game='first')
    shutil.copy(data.root/data.rows('test', 'query').file.iloc[2], folder/'elsewhere.jpg')
    (folder/'broken.jpg').write_bytes(b'no picture')
    write_notebook(folder/'alone.ipynb', "from reid_nb.explorer import explorer\nexplorer('people', model='run')")
    write_notebook(folder/'of_run.ipynb', "from reid_nb.explorer import explorer\nexplorer('run', index='people')")


def make_people(folder):
    "What reid_cluster and reid_link write, and two notebooks of one cell."
    from reid_nb.cluster import cluster
    from reid_nb.core import save_table
    from reid_nb.embed import embed
    from reid_nb.global_ids import link_tracks, track_crops
    from reid_nb.people import write_people
    from reid_nb.synth import make_frames, pretend_tracker
    data, net = copy_demo(folder)
    write_people(cluster(embed(net, data.rows('test'), data.root)), data.root, folder/'people', folders=False)
    frames = folder/'games/train'
    boxes = pretend_tracker(make_frames(folder/'games', sequences=2, frames=60, players=8, seed=21, clips=2, width=960), seed=21)
    boxes = boxes[['seq', 'frame', 'track', 'x', 'y', 'w', 'h', 'conf']]
    linked = link_tracks(embed(net, track_crops(boxes, frames), frames), boxes)
    write_people(linked, frames, folder/'linked', folders=False)
    save_table(linked.tracks.round(4), folder/'linked/tracks.csv')
    (folder/'root').write_text(str(data.root))
    start = 'from reid_nb.explorer import explorer\n'
    write_notebook(folder/'heap.ipynb', f"{start}explorer('people', root={str(data.root)!r})")
    write_notebook(folder/'tracks.ipynb', f"{start}explorer('linked', root='games/train')")


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
    pid.fill(''); kind.select_option('drawn')
    g.check('of few crops few are drawn for a promise', lambda: len(g.files()) == 5 and g.page.locator('.rv-where').inner_text().endswith(f'of {len(g.rows())//16}'))
    kind.select_option('suspected')
    g.check('no label looks wrong', lambda: 'No crop fits' in g.page.locator('.rv-list').inner_text())
    kind.select_option('')
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
    g.page.locator('.rv').focus() # or the keys go into the field while the answer is on its way
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
    g.page.locator('.rv').focus() # or the keys go into the field while the answer is on its way


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
    g.page.locator('[aria-label="Decided by"]').select_option('rule')
    left = lambda: [f for f, r in g.rows().items() if r['by'] == 'rule']
    g.check('only what is left', lambda: set(g.files()) <= set(left()))
    shown = g.files()
    theirs = [','.join(r.split(',')[:-2] + ['oversample x8', 'person']) if r.startswith(shown[1]) else r for r in g.path.read_text().splitlines()]
    g.path.write_text('\n'.join(theirs) + '\n')
    g.press('Enter')
    g.check('a page is confirmed', lambda: not set(shown) & set(left()))
    g.decided('but for what somebody else decided meanwhile', shown[1], 'oversample x8')
    g.check('which is told', lambda: 'has been decided on since and is left as it is (1 of 5)' in g.says())
    g.page.locator('[aria-label="Decided by"]').select_option('')
    first = next(f for f in g.ranked() if f in left())
    g.check('all crops again', lambda: g.now() == first and g.says() == '')
    g.page.locator('.rv-crop').first.click()
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


class Found(Page):
    "Views of an index and of people: the cards that can be seen."
    def __init__(self, page, folder, url, timeout): super().__init__(page, folder, f'{url}&reset', timeout) # no notebook from before beside it
    def cards(self): return self.page.evaluate("""[...document.querySelectorAll('.ex-card')].filter(c => c.offsetParent)
        .map(c => [c.dataset.file, c.dataset.status])""")
    def files(self): return [file for file, _ in self.cards()]
    def rows(self): return self.page.evaluate("""[...document.querySelectorAll('.ex-row')].filter(r => r.offsetParent)
        .map(r => [r.dataset.name, [...r.querySelectorAll('.ex-card')].map(c => c.dataset.file)])""")
    def says(self): return ' '.join(self.page.locator('.widget-label, .ex-name').all_inner_texts())
    def upload(self, name):
        with self.page.expect_file_chooser() as chooser: self.page.locator('.widget-upload').locator('visible=true').click()
        chooser.value.set_files(self.folder/name)
    def button(self, name): return self.page.get_by_role('button', name=re.compile(f'^\\W*{name}$')).locator('visible=true') # an icon may be before it
    def named(self, name, tag='select'): return self.page.locator(f'.ex-name-{name.replace(" ", "-")} {tag}').locator('visible=true')
    def quiet(self): return 'working' not in self.says()


def asking_index(x, ex):
    "Queries, answers, conditions and files of an index."
    page = x.page
    def shows(what, of=None):
        expected = [ex.row().file, *ex.found().file]
        x.check(what, lambda: x.files() == expected)
    shows('the first row of the index, and what is like it')
    x.check('every picture is drawn', lambda: x.drawn('.ex img'))
    status = dict(x.cards()[1:])
    x.check('frames tell right from wrong', lambda: [status[file] for file in ex.found().file] == ex.found().status.tolist())
    x.accessible('.ex-view')
    x.look('search')
    page.locator(f'.ex-card[data-file="{ex.found().file[3]}"] .ex-pic').click()
    ex.go_found(3)
    shows('a click asks with what was found')
    page.locator(f'.ex-card[data-file="{ex.found().file[1]}"] .ex-pic').focus()
    x.press('Enter')
    ex.go_found(1)
    shows('and so does a key')
    cells = page.locator('.jp-Notebook .jp-Cell').count()
    x.press('x')
    page.locator('.ex-pic').nth(2).focus()
    x.press('x')
    page.wait_for_timeout(500)
    x.check("and JupyterLab's own X does nothing", lambda: page.locator('.jp-Notebook .jp-Cell').count() == cells)
    for _ in range(2):
        x.button('back').click()
        ex.back()
        shows('back again')
    x.check('and no further', lambda: x.button('back').is_disabled())
    x.named('picture to search with').select_option(index=7)
    ex.go(ex.offered().iloc[7][['root', 'file']].pipe(tuple))
    shows('a row is chosen from the list')
    field = x.named('only pictures with', 'input')
    field.fill(ex.rows().file[100].split('/')[-1]); field.press('Enter')
    x.check('a part of a name leaves one', lambda: x.named('picture to search with').locator('option').count() == 1)
    field.fill('nobody'); field.press('Enter')
    x.check('a name that is not there is told', lambda: "no name has 'nobody'" in x.says())
    field.fill(''); field.press('Enter')
    x.check('and all are there again', lambda: x.named('picture to search with').locator('option').count() == len(ex.offered()))
    x.named('column to choose rows by').select_option(label='seq')
    x.check('a column offers its values', lambda: x.named('values').locator('option').count() == len(ex.values_of('seq')))
    x.named('values').select_option(label='6')
    ex.set_where('seq', [6])
    shows('only rows of one sequence')
    x.check('which is said', lambda: 'only seq 6' in x.says() and x.quiet())
    handle = page.locator('.widget-inline-hbox', has_text='re-rank').locator('.noUi-handle').locator('visible=true')
    handle.focus(); x.press('ArrowRight', 'ArrowRight', 'ArrowRight')
    ex.rerank = 60
    shows('re-ranked')
    x.check('which is said too', lambda: 're-ranking 60 candidates' in x.says() and x.quiet())
    x.look('search-where')
    x.button('all rows').click()
    ex.where = {}
    shows('all rows again')
    x.upload('elsewhere.jpg')
    ex.drop('elsewhere.jpg', (x.folder/'elsewhere.jpg').read_bytes())
    shows('a file is the query')
    shown = x.cards()
    x.upload('broken.jpg')
    x.check('a file that is no picture is told in one line', lambda: 'broken.jpg cannot be decoded' in x.says() and x.cards() == shown)
    page.locator('.ex').locator('visible=true').evaluate("""(node, bytes) => { const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], 'dropped.jpg'));
        node.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); }""",
        list((x.folder/'elsewhere.jpg').read_bytes()))
    x.check('a file that is dropped is the query', lambda: x.files()[0] == 'a picture from elsewhere' and 'broken' not in x.says())
    x.named('name to hand out under', 'input').fill('for_anna')
    x.button('hand out').click()
    x.check('the list is handed out', lambda: f'{ex.k} images are in for_anna' in x.says())
    with open(x.folder/'for_anna/images.csv', newline='') as f: rows = [*csv.DictReader(f)]
    x.check('with its rows', lambda: [row['file'] for row in rows] == x.files()[1:])


def try_search(x, screenshot):
    from reid_nb.index_state import IndexExplorer, index_to_ask
    page, index = x.page, index_to_ask(x.folder/'people', x.folder/'run')
    start = time.perf_counter()
    x.run_cell('alone.ipynb', '.ex-pic img')
    x.took('a notebook and an index are opened', time.perf_counter() - start)
    if screenshot:
        page.set_viewport_size(dict(width=1500, height=1150))
        page.wait_for_timeout(1500)
        picture(page, screenshot, page.locator('.jp-OutputArea-output').last)
    asking_index(x, IndexExplorer(index))
    x.tab('People')
    x.check('the people of the index', lambda: len(x.rows()) == 2, 60)
    x.check('by their labels', lambda: x.rows()[0][0] != x.rows()[1][0] and x.drawn('.ex img'))
    x.accessible('.ex-view')
    x.run_cell('of_run.ipynb', '.ex-pic img')
    x.tab('Search')
    own = page.locator('.ex-name-query select')
    x.check('a tab of a run, whose own controls step aside', lambda: len(x.files()) == 21 and not own.is_visible())
    first = x.files()[0]
    x.check('asked with its first query', lambda: first == index_queries(x)[0] and x.drawn('.ex img'))
    page.locator(f'.ex-card[data-file="{x.files()[2]}"] .ex-pic').locator('visible=true').click()
    x.check('and on from there', lambda: x.files()[0] != first and len(x.files()) == 21)
    x.named('where queries are from').select_option(label='the rows of the index')
    x.check('or from the index', lambda: x.named('picture to search with').locator('option').count() == 200)
    x.accessible('.ex-view .ex-view')
    x.look('search-of-run')
    x.tab('People')
    x.check('the people of the labels', lambda: len(x.rows()) == 2 and x.quiet(), 90)
    x.named('order of the people').select_option(label='most doubtful first')
    x.look('people-of-run')
    x.tab('Lists')
    x.check('and the lists are there again', lambda: own.is_visible())


def index_queries(x):
    "Files of the queries of the run."
    from reid_nb.run_files import read_table
    table = read_table(x.folder/'run/table.csv')
    return table.file[(table.subset == 'test') & (table.role == 'query')].tolist()


def going_through(x, ex):
    "Clusters: order, neighbor, back, the review grid."
    page = x.page
    def shows(what):
        rows = [[name, ex.members(name).file[:60].tolist()] for name in filter(None, [ex.person, ex.neighbor()])]
        x.check(what, lambda: x.rows() == rows)
    shows('the largest person, the doubtful first, and the next most similar one')
    x.check('every picture is drawn', lambda: x.drawn('.ex img'))
    doubtful = ex.members().file[ex.members().doubt > .5].tolist()
    x.check('what is doubtful has a frame', lambda: [file for file, status in x.cards()[:len(ex.members())] if status == 'doubtful'] == doubtful)
    x.named('order of the people').select_option(label='most doubtful first')
    most = ex.people('most doubtful first').person[0]
    x.check('another order', lambda: x.named('person').evaluate('s => s.options[0].textContent').startswith(most))
    ex.go(most)
    shows('whose first comes first: the most doubtful person')
    x.named('person').select_option(index=1)
    ex.go(ex.people('most doubtful first').person[1])
    shows('a person is chosen from the list')
    x.button('back').click(); ex.back()
    shows('and back to the most doubtful')
    x.accessible('.ex-view')
    x.look('people')
    to = ex.members().next[0]
    page.locator('.ex-row').first.locator('.ex-pic').first.click()
    ex.go(to)
    shows('a click on a doubtful crop goes to the person that it may be')
    x.button('back').click(); ex.back()
    shows('and back')
    x.button('next most similar').click(); ex.go(ex.neighbor())
    shows('to the neighbor')
    x.button('back').click(); ex.back()
    field = x.named('only people with', 'input')
    field.fill('0003'); field.press('Enter')
    x.check('a person by the name', lambda: x.named('person').locator('option').count() == 1)
    field.fill(''); field.press('Enter')
    x.check('and all again', lambda: x.named('person').locator('option').count() == len(ex.people()))
    x.named('name to hand the person out under', 'input').fill('for_anna')
    x.button('hand out').click()
    x.check('a person is handed out', lambda: f'{len(ex.members())} images are in for_anna' in x.says())
    return shows


def correcting(x, ex, shows):
    "The review grid on one person, and what it changes."
    page, first = x.page, ex.members().file[0]
    x.button('review').click()
    page.wait_for_selector('.rv-card')
    x.check('the review grid shows this person', lambda: {c['file'] for c in page.eval_on_selector_all('.rv-card', 'cards => cards.map(c => ({...c.dataset}))')}
            <= {*ex.members().file})
    x.check('with the call that opens it', lambda: "review('people/clusters.csv'" in x.says())
    x.look('people-review')
    page.locator(f'.rv-card[data-file="{first}"] .rv-crop').click()
    page.locator('.rv').focus()
    x.press('g')
    field = page.get_by_label('This is id')
    other = ex.neighbor()
    field.fill(other); field.press('Enter')
    def written():
        with open(x.folder/'people/clusters.csv', newline='') as f: return {row['file']: row['decision'] for row in csv.DictReader(f)}[first]
    x.check('a crop is given to the neighbor', lambda: written().startswith('give to id'))
    x.button('crops').click()
    ex.reload()
    shows('which counts when the grid is left')
    x.check('the crop is with the other', lambda: first in set(ex.members(other).file))


def tracks_in_time(x, ex):
    "Bars, crops of a track, keys."
    page = x.page
    name = next(name for name in ex.people().person if ex.neighbor(name) and len(ex.tracks(name)) > 1)
    x.named('person').select_option(index=ex.people().person.tolist().index(name))
    x.button('tracks').click()
    ex.go(name)
    bars = lambda: page.eval_on_selector_all('.et-bar', 'bars => bars.map(b => [b.dataset.seq, +b.dataset.track])')
    expected = [[str(row.seq), int(row.track)] for who in (name, ex.neighbor()) for row in ex.tracks(who).itertuples()]
    x.check('the tracks of a person and of the neighbor, in time', lambda: bars() == expected)
    seq, track = expected[0]
    x.check('the crops of the first', lambda: x.rows()[0] == [name, ex.track_rows(seq, track).file.tolist()] and x.drawn('.ex img'))
    x.accessible('.ex-view')
    x.look('tracks')
    seq, track = expected[1]
    page.locator(f'.et-bar[data-seq="{seq}"][data-track="{track}"]').click()
    x.check('a click shows the crops of another', lambda: x.rows()[0][1] == ex.track_rows(seq, track).file.tolist())
    x.check('and marks it', lambda: page.locator('.et-bar[aria-pressed=true]').evaluate_all('b => b.map(x => x.dataset.track)') == [str(track)])
    x.press('ArrowLeft', 'Enter')
    seq, track = expected[0]
    x.check('so does a key', lambda: x.rows()[0][1] == ex.track_rows(seq, track).file.tolist())
    cells = page.locator('.jp-Notebook .jp-Cell').count()
    x.press('ArrowRight', 'x', 'd', 'd')
    page.wait_for_timeout(500)
    x.check("and JupyterLab's own keys do nothing", lambda: page.locator('.jp-Notebook .jp-Cell').count() == cells)
    seq, track = expected[-1]
    page.locator(f'.et-bar[data-seq="{seq}"][data-track="{track}"]').click()
    ex.go_track(seq, track)
    x.check("a click on the neighbor's track goes there", lambda: x.rows()[0] == [ex.person, ex.track_rows(seq, track).file.tolist()])
    for width in (900, 1280, 1920):
        page.set_viewport_size(dict(width=width, height=1000))
        page.wait_for_timeout(300)
        x.check(f'nothing scrolls sideways at {width} pixels', lambda: page.eval_on_selector_all('.ex, .ex-cards, .et',
            'parts => parts.every(p => p.scrollWidth <= p.clientWidth + 1)'))
    page.set_viewport_size(dict(width=1500, height=1000))


def try_people(x, screenshot):
    from reid_nb.people_state import PeopleExplorer
    x.run_cell('heap.ipynb', '.ex-pic img')
    root = (x.folder/'root').read_text()
    ex = PeopleExplorer(x.folder/'people', root)
    correcting(x, ex, going_through(x, ex))
    x.run_cell('tracks.ipynb', '.ex-pic img')
    tracks_in_time(x, PeopleExplorer(x.folder/'linked', x.folder/'games/train'))
    if screenshot:
        x.page.set_viewport_size(dict(width=1500, height=1150))
        x.button('back').click()
        x.page.wait_for_timeout(1500)
        picture(x.page, screenshot, x.page.locator('.jp-OutputArea-output').last)


def mending(g):
    "Key Y, the button that says the same, and several at once."
    kind, was = g.page.locator('[aria-label="Kind"]'), g.rows()
    suspected = [f for f in g.ranked() if was[f]['suspicion']]
    kind.select_option('suspected')
    g.check('labels that look wrong are a list', lambda: g.files() == suspected[:5])
    a, b, c = suspected[:3]
    said = lambda: g.page.locator('.rv-doubt').inner_text()
    def shown(file):
        what = was[file]['suggestion']
        start, _, number = what.rpartition(' ')
        return f'{start} player {number}' if number.isdecimal() else what
    g.check('what is suspected stands beside it, with what would mend it', lambda: said() == f"{was[a]['suspicion']}? {shown(a)}")
    like = lambda: g.page.locator('.rv-strip').first.locator('.rv-thumb').evaluate_all('p => p.map(x => x.dataset.file)')
    g.check('and what it is most like', lambda: like() == [was[a]['like_own'], was[a]['like_other']])
    g.look('labels')
    g.accessible('.rv')
    g.page.locator('.rv').focus()
    g.press('y')
    g.decided('Y does it', a, was[a]['suggestion'])
    g.check('and goes on', lambda: g.now() == b)
    g.page.locator('.rv-doubt').click()
    g.decided('the button does the same', b, was[b]['suggestion'])
    g.check('and stays', lambda: g.now() == b)
    g.press('u')
    g.decided('undone', b, was[b]['decision'], 'rule')
    g.press('a', 'y')
    for file in suspected[:5]: g.decided('a page of them', file, was[file]['suggestion'])
    kind.select_option('')
    g.press('Home')
    first = g.ranked()[:5]
    g.check('all crops again', lambda: g.files() == first)
    before = g.path.read_text()
    g.press('a', 'y')
    g.page.wait_for_timeout(700)
    others = [f for f in first if not was[f]['suspicion']]
    g.check('Y leaves alone what nobody suspects', lambda: all((g.rows()[f]['decision'], g.rows()[f]['by']) == (was[f]['decision'], 'rule') for f in others))
    g.check('and writes nothing where there is nothing to mend', lambda: len(others) < 5 or g.path.read_text() == before)


def looking(g):
    "The crops that are drawn for a promise, and what can be promised after them."
    from reid_nb.certainty import looks_in
    from reid_nb.decisions import read_decisions
    table = read_decisions(g.path)
    drawn = table.file.iloc[looks_in(table)].tolist()
    g.page.locator('[aria-label="Kind"]').select_option('drawn')
    where = lambda: g.page.locator('.rv-where').inner_text()
    g.check(f'{len(drawn)} crops to look at, as they were drawn', lambda: g.files() and where().endswith(f'of {len(drawn)}') and g.now() in drawn)
    g.page.locator('.rv').focus()
    g.press('Home')
    g.check('in the order of their drawing', lambda: g.files() == drawn[:5])
    for place in range(0, len(drawn), 5):
        g.check(f'page {place//5 + 1}', lambda: g.files() == drawn[place:place + 5])
        for key in 'dkddd'[:len(drawn) - place]: g.press(key)
    g.check('all of them are decided', lambda: all(g.rows()[f]['by'] == 'person' for f in drawn))
    g.check('as the keys said', lambda: [g.rows()[f]['decision'] for f in drawn] == [('drop', 'keep', 'drop', 'drop', 'drop')[i % 5] for i in range(len(drawn))])


def try_labels(g, screenshot):
    g.run_cell('review.ipynb', '.rv-crop img')
    mending(g)
    looking(g)


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


TASKS = {'review': (make_review, Grid, try_review), 'keys': (partial(make_review, n_ids=40, frames=32, run=True), Grid, try_keys), 'labels': (make_labels, Grid, try_labels),
         'explorer': (make_explorer, Lists, try_explorer), 'search': (make_search, Found, try_search), 'people': (make_people, Found, try_people),
         'report': (make_report, Page, try_report),
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
