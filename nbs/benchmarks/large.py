"""What a large table, many runs, and many models cost: seconds and peak memory of each step, and how soon a command answers.

    python nbs/benchmarks/large.py [--images 100000] [--runs 1000] [--models 24] [--out large.csv]

The images are tiny pngs of noise, made first. Each step runs in a process of its own; its peak is what it needs above what that
process had at its beginning, files that are mapped included. The alternatives are what one would write without the library.
"""
import os, shutil, subprocess, sys, tempfile, time, warnings
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse
from PIL import Image

from reid_nb import report, scripts
from reid_nb.cache import cached_images
from reid_nb.core import load_table
from reid_nb.data import read_dataset
from reid_nb.embed import embed
from reid_nb.explorer_state import Explorer, read_results, scores_by_step
from reid_nb.fusion import fuse
from reid_nb.loss_history import LossHistory, read_loss_history
from reid_nb.models import load_model
from reid_nb.noise import mine
from reid_nb.pipeline import run_all, train_model
from reid_nb.recipe import NoiseRecipe, load_recipe
from reid_nb.runs import open_run
from reid_nb.samplers import PKSampler

SMALL = {'model.backbone': 'test_resnet', 'model.size': [32, 16], 'train.epochs': 2, 'train.warmup': 1, 'train.precision': 'fp32',
         'train.eval_every': 2, 'train.p': 4, 'noise.clean': False, 'ensemble.circle_m': [0.3]}

def memory(key):
    "MiB in /proc/self/status."
    fields = dict(line.split(':') for line in Path('/proc/self/status').read_text().splitlines())
    return int(fields[key].split()[0]) / 1024

def measured(function):
    "Seconds and peak MiB of `function` in a child."
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        status = 1
        try:
            with open(os.devnull, 'w') as null, redirect_stdout(null), redirect_stderr(null), warnings.catch_warnings():
                warnings.simplefilter('ignore')
                Path('/proc/self/clear_refs').write_text('5') # the peak is now
                start, clock = memory('VmRSS'), time.perf_counter()
                function()
                os.write(write, f'{time.perf_counter() - clock} {memory("VmHWM") - start}'.encode())
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally: os._exit(status)
    os.close(write)
    with os.fdopen(read) as f: said = f.read()
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]): sys.exit('a step failed')
    return map(float, said.split())

def make_images(folder, n, per_id=16):
    "A csv of n images of noise, 80 % for training, the rest queries and gallery of others."
    rng, rows = np.random.default_rng(0), []
    for i in range(n):
        pid, k = divmod(i, per_id)
        (folder/f'{pid // 100}').mkdir(exist_ok=True)
        file = f'{pid // 100}/{pid}_{k}.png'
        cv2.imwrite(str(folder/file), np.uint8(rng.integers(0, 256, 3)) ^ rng.integers(0, 64, (16, 8, 3), np.uint8))
        train = i < 0.8*n
        rows.append((file, pid, k % 4, k, 'train' if train else 'test', 'train' if train else 'gallery' if k % 8 else 'query'))
    pd.DataFrame(rows, columns=['file', 'pid', 'camid', 'frame', 'subset', 'role']).to_csv(folder/'table.csv', index=False)

def open_all(table, root): return torch.stack([torch.from_numpy(np.array(Image.open(root/f).convert('RGB').resize((16, 32)))) for f in table.file])

def ledger(folder, n, epochs):
    "Write a ledger of as many visits as images and epochs."
    book, rng = LossHistory(n, folder=folder), np.random.default_rng(0)
    for e in range(epochs):
        book.add(e, row=rng.permutation(n), loss=rng.random(n), applied=rng.integers(0, 8, n), pred=rng.integers(-1, 9, n))

def mined(folder, table): mine(read_loss_history(folder), table, NoiseRecipe())

def steps(folder, n, runs, models):
    "Yield name, function and alternative of each step."
    data, r = None, load_recipe('tiny').set(**SMALL)
    yield f'make {n:,} images', partial(make_images, folder, n)
    yield 'read and check the table', lambda: read_dataset(folder/'table.csv')
    table = load_table(folder/'table.csv').assign(seq=-1)
    train = table[table.subset == 'train'].reset_index(drop=True)
    yield 'images one after another, Pillow (alternative)', lambda: open_all(table, folder)
    look = lambda: cached_images(table, folder, (32, 16)).amax()
    yield 'cached images, first time', look
    yield 'cached images, later', look
    yield 'plan of an epoch, P x K', lambda: len(PKSampler(train.pid.values, 16, 4))
    yield 'write a ledger of 200 epochs', partial(ledger, folder/'losses', len(train), 200)
    yield 'mine it', lambda: mined(folder/'losses', table)
    yield 'a whole run of 1 epoch', lambda: run_all(read_dataset(folder/'table.csv'),
        r.set(**{'train.epochs': 1, 'train.warmup': 0, 'train.p': 32, 'train.eval_every': 1}), folder/'run')
    model = load_model(folder/'run/models/m0.3')
    yield 'embed all', lambda: embed(model, table, folder, flip=False)
    yield 'its report', lambda: report.write_report(folder/'run', folder)
    yield from many_runs(folder/'many', folder, r, runs)
    yield from many_models(folder/'fused', models)

def many_runs(many, folder, r, n):
    "Steps on a folder of `n` trainings."
    part = load_table(folder/'table.csv').groupby('subset').head(96)
    (folder/'few.csv').write_text(part.to_csv(index=False))
    train_model(read_dataset(folder/'few.csv'), r, many/'run-0', verbose=False)
    for i in range(1, n): shutil.copytree(many/'run-0', many/f'run-{i}', copy_function=os.link)
    def begin():
        with open_run(many/'another', r): pass
    yield f'begin a run beside {n:,} others', begin
    yield 'reid_eval of one of them', lambda: scores_by_step(Explorer(*read_results(many/'run-7')))
    yield 'reid_eval of 24 of them', lambda: scores_by_step(Explorer(*read_results([many/f'run-{i}' for i in range(24)])))

def many_models(folder, n, q=1000, g=9000):
    "Steps on the distances of `n` models."
    folder.mkdir()
    paths = [folder/f'{i}.npy' for i in range(n)]
    for i, path in enumerate(paths): np.save(path, np.random.default_rng(i).random((q, g), np.float32))
    yield f'sum of {n} models, {q:,} x {g:,}', lambda: fuse(paths)
    yield 'the same by np.mean of all (alternative)', lambda: np.mean([np.load(p) for p in paths], 0)

def answer(command, until=None):
    "Seconds until a command ends, or until its first line."
    code = f"import sys; sys.argv = {command.split()!r}\nfrom reid_nb.scripts import {command.split()[0]} as f\nif __name__ == '__main__': f()"
    with tempfile.TemporaryDirectory() as tmp:
        path, start = Path(tmp)/'c.py', time.perf_counter()
        path.write_text(code)
        p = subprocess.Popen([sys.executable, path], cwd=tmp, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if until: p.stdout.readline(); seconds = time.perf_counter() - start; p.kill()
        p.communicate()
        return seconds if until else time.perf_counter() - start

@call_parse
def main(
    images:int=100_000, # In the table
    runs:int=1000,      # In one folder
    models:int=24,      # Whose distances are summed
    out:str=None,       # csv for all measurements
):
    rows = []
    for name in scripts.COMMANDS:
        rows.append((f'{name} --help', np.median([answer(f'{name} --help') for _ in range(3)]), np.nan))
        print('{:48}{:8.1f} s'.format(*rows[-1]), flush=True)
    rows.append(('reid_run to its first line', np.median([answer('reid_run', True) for _ in range(3)]), np.nan))
    print('{:48}{:8.1f} s'.format(*rows[-1]), flush=True)
    with tempfile.TemporaryDirectory() as tmp:
        os.environ['REID_CACHE'] = f'{tmp}/cache'
        for name, function in steps(Path(tmp), images, runs, models):
            rows.append((name, *measured(function)))
            print('{:48}{:8.1f} s{:8,.0f} MiB'.format(*rows[-1]), flush=True)
    if out: pd.DataFrame(rows, columns=['step', 'seconds', 'MiB']).to_csv(out, index=False)
