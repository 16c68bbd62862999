#!/usr/bin/env python
"""The review grid in a real JupyterLab and a real browser: what is clicked and pressed has to be in the csv.

    python .ci/review_in_browser.py [--chromium /usr/bin/chromium] [--theme dark] [--screenshot grid.jpg]

Needs `pip install playwright jupyterlab` and a Chromium or Chrome. Makes synthetic players in a temporary folder, opens
nothing outside this machine, and exits with 1 at the first check that fails."""
import argparse, base64, contextlib, csv, json, os, secrets, shutil, signal, socket, subprocess, sys, tempfile, time
from pathlib import Path
from urllib.request import urlopen

REPO = Path(__file__).resolve().parent.parent
CELL = """import os
from pathlib import Path
from reid_nb.review import review
Path('pid').write_text(str(os.getpid()))
review('noise.csv', '.', rows=5)"""


def stop(text): sys.exit(f'review_in_browser: {text}')


def make_work(folder):
    "Synthetic players, the csv that mining would write for them, and a notebook of one cell."
    import numpy as np
    from reid_nb.data import read_dataset
    from reid_nb.noise import decide
    from reid_nb.synth import make_dataset
    players = make_dataset(folder/'players.zip', n_ids=12, frames=14, n_val=1, n_test=1, seed=5)
    data = read_dataset(players, folder/'unpacked')
    (data.root/'data_reid').rename(folder/'data_reid')
    train = data.rows('train')
    score = (3*(1 - train.visible)**2 + np.random.default_rng(0).normal(0, 0.3, len(train))).round(3)
    kind = np.select([score > 1.8, score > 0.9], ['full', 'partial'], 'clean')
    table = decide(train.assign(loss=score + 0.5, score=score, kind=kind)).drop(columns=['camid', 'subset', 'role'])
    table.to_csv(folder/'noise.csv', index=False, lineterminator='\n')
    cell = dict(cell_type='code', id='one', metadata={}, source=CELL, outputs=[], execution_count=None)
    spec = dict(name='python3', display_name='python3', language='python')
    nb = dict(cells=[cell], metadata=dict(kernelspec=spec), nbformat=4, nbformat_minor=5)
    (folder/'review.ipynb').write_text(json.dumps(nb))


@contextlib.contextmanager
def start_lab(folder, theme):
    "A JupyterLab of its own, settings included, on a free port of this machine; yields the notebook's address."
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
    token, home = secrets.token_hex(16), folder/'home'
    settings = home/'settings'/'@jupyterlab'/'apputils-extension'
    settings.mkdir(parents=True)
    (settings/'themes.jupyterlab-settings').write_text(json.dumps(dict(theme=f'JupyterLab {theme.title()}')))
    quiet = dict(fetchNews='false', checkForUpdates=False)
    (settings/'notification.jupyterlab-settings').write_text(json.dumps(quiet))
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
        yield f'http://127.0.0.1:{port}/lab/tree/review.ipynb?token={token}'
    finally:
        with contextlib.suppress(ProcessLookupError): os.killpg(server.pid, signal.SIGTERM)
        try: server.wait(20)
        except subprocess.TimeoutExpired: os.killpg(server.pid, signal.SIGKILL)


class Grid:
    "The grid in an open page, the csv behind it, and the checks between the two."
    def __init__(self, page, path, timeout): self.page, self.path, self.timeout, self.n = page, path, timeout, 0

    def rows(self):
        with open(self.path, newline='') as f: return {row['file']: row for row in csv.DictReader(f)}

    def ranked(self, **fits):
        "Files in the order of the grid."
        rows = [r for r in self.rows().values() if all(r[k] == v for k, v in fits.items())]
        return [r['file'] for r in sorted(rows, key=lambda r: -float(r['score']))]

    def check(self, what, ok, seconds=10):
        "Wait until `ok()` holds; the run ends when it does not."
        end = time.time() + seconds
        while not ok():
            if time.time() > end: raise AssertionError(what)
            self.page.wait_for_timeout(50)
        self.n += 1
        print(f'ok  {what}', flush=True)

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

    def press(self, *keys):
        for key in keys: self.page.keyboard.press(key)

    def run_cell(self):
        "Run the one cell; pressed too early, while JupyterLab still puts itself together, the keys are lost."
        self.page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status=idle]', state='attached')
        for last in (False, False, True):
            self.page.locator('.jp-Cell .cm-content').first.click()
            self.press('Shift+Enter')
            try: return self.page.wait_for_selector('.rv-crop img', timeout=60000 if last else 20000)
            except self.timeout:
                if last: raise


def decisions(g):
    "Clicks and keys."
    before, ranked = g.path.read_text().splitlines(), g.ranked()
    a, b, c, d, e = ranked[:5]
    was = g.rows()
    g.check('the five most suspicious come first', lambda: g.files() == ranked[:5])
    g.check('every picture is drawn', lambda: g.page.evaluate(
        "[...document.querySelectorAll('.rv img')].every(i => i.complete && i.naturalWidth > 0)"))
    thumbs = g.page.locator(f'.rv-card[data-file="{a}"] .rv-thumb')
    g.check('the rest of the id is beside it', lambda: thumbs.count() == len(g.ranked(pid=was[a]['pid'])) - 1 > 0)
    g.page.locator(f'.rv-card[data-file="{b}"] [data-what=keep]').click()
    g.decided('a click on Keep', b, 'keep')
    changed = [x for x, y in zip(before, g.path.read_text().splitlines()) if x != y]
    g.check('one line of the csv has changed', lambda: [x.split(',')[0] for x in changed] == [b])
    g.check('a click stays on its crop', lambda: g.now() == b)
    g.press('ArrowUp')
    g.check('arrow up goes to the crop before', lambda: g.now() == a)
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
    g.press('ArrowRight')
    g.check('arrow right turns the page', lambda: g.files() == ranked[5:10])
    g.press('p')
    g.check('p on the first crop goes to the page before', lambda: g.files() == ranked[:5] and g.now() == ranked[4])
    kind.select_option('partial')
    g.check('filter by kind', lambda: g.files() == g.ranked(kind='partial')[:5])
    by.select_option('person'); kind.select_option('')
    g.check('filter by person', lambda: g.files() == g.ranked(by='person'))
    by.select_option('')
    g.page.locator(f'.rv-card[data-file="{ranked[2]}"] .rv-id').click()
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


def death(g, folder, url):
    "The kernel is killed between two keys."
    here, text = g.now(), g.path.read_text()
    g.press('o')
    g.decided('a last decision', here, 'oversample x2')
    os.kill(int((folder/'pid').read_text()), signal.SIGKILL)
    saved = g.rows()
    g.press('d')
    g.check('a key without a kernel is not shown as saved', lambda: 'nothing is saved' in g.says(), 30)
    g.check('the csv is whole after the kill', lambda: g.rows() == saved and len(saved) == len(text.splitlines()) - 1)
    g.page.goto('about:blank')
    g.page.goto(url)
    g.run_cell()
    left = next(f for f in g.ranked() if saved[f]['by'] == 'rule')
    g.check('opened again, it is where one was', lambda: g.now() == left)
    g.check('and everything is there', lambda: g.rows() == saved
            and f"{sum(r['by'] == 'person' for r in saved.values())} of {len(saved)} seen" in g.counts())
    g.page.locator('.rv-now .rv-crop').click()
    g.press('k')
    g.decided('and goes on', left, 'keep')


def picture(page, path):
    "The grid, scrolled to its top, as a file or into the cell of a notebook."
    for _ in range(4): page.keyboard.press('ArrowUp')
    grid = page.locator('.rv')
    if path.suffix != '.ipynb': return grid.screenshot(path=path)
    jpeg = base64.b64encode(grid.screenshot(type='jpeg', quality=60)).decode()
    nb = json.loads(path.read_text(encoding='utf-8'))
    for c in nb['cells']:
        if 'attachment:grid.jpg' in ''.join(c['source']): c['attachments'] = {'grid.jpg': {'image/jpeg': jpeg}}
    path.write_text(json.dumps(nb, indent=1, ensure_ascii=False) + '\n', encoding='utf-8')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--chromium', help='the browser, if it is not on the PATH')
    parser.add_argument('--theme', choices=['light', 'dark'], default='light', help="JupyterLab's")
    parser.add_argument('--screenshot', type=Path, help='write a picture of the grid here: png, jpg, or into the '
                        "notebook that shows `attachment:grid.jpg`")
    args = parser.parse_args()
    names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    browser = shutil.which(args.chromium) if args.chromium else next(filter(None, map(shutil.which, names)), None)
    if not browser: stop(f"no browser {args.chromium or ' or '.join(names)}; install one or give --chromium PATH")
    sys.path.insert(0, str(REPO))
    try:
        import jupyterlab, reid_nb.review
        from playwright.sync_api import Error, TimeoutError, sync_playwright
    except ImportError as e: stop(f"{e.name} is missing: pip install playwright, and -e '.[dev]' for the rest")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp, sync_playwright() as p:
        folder = Path(tmp).resolve()
        make_work(folder)
        with start_lab(folder, args.theme) as url:
            chrome = p.chromium.launch(executable_path=browser, args=['--no-sandbox'])
            g = Grid(chrome.new_page(viewport=dict(width=1500, height=1000)), folder/'noise.csv', TimeoutError)
            g.page.set_default_timeout(90000)
            try:
                g.page.goto(url)
                g.run_cell()
                decisions(g)
                if args.screenshot: picture(g.page, args.screenshot)
                lists(g); others(g)
                death(g, folder, url)
            except (AssertionError, Error) as e:
                if args.screenshot and args.screenshot.suffix != '.ipynb': g.page.screenshot(path=args.screenshot)
                stop(f"FAILED after {g.n} checks: {str(e).splitlines()[0]}; the grid says {g.says()!r}")
            finally: chrome.close()
    print(f'{g.n} checks passed')


if __name__ == '__main__': main()
