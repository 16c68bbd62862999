"""What recipes reach in the same CPU time on several data sets. RECIPES is a text file with one recipe a line, a name
and what follows `--recipe` and `--set` of a command; the first is what the others are compared with:

    paper: along2021 model.backbone=resnet10t model.size=[96,48]
    twice the steps: along2021 model.backbone=resnet10t model.size=[96,48] train.p=8

A recipe trains for as many epochs as fit into the CPU seconds, or as show so many images, a twelfth of them warm-up; a
line that gives `train.epochs` keeps them. Without mining and mirror; re-ranked with the paper's values. Each
training has a process of its own, whose largest memory is told. Resumable: what is in OUT is not trained again. Several
processes may work in one OUT. Tables whose name begins with `final` are refused without --final.

    python nbs/benchmarks/splits.py cuhk03_challenge.zip splits
    python nbs/benchmarks/small.py recipes.txt small --data "splits/dev0.csv splits/dev1.csv" --seconds 180
"""
import json, os, resource, shutil, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelFitException
from fastcore.script import call_parse

from backbones import quiet
from reid_nb.core import ReIDError, atomic_write, import_parts, lock_folder
from reid_nb.data import read_dataset
from reid_nb.embed import embed
from reid_nb.learner import reid_learner
from reid_nb.metrics import evaluate_rows
from reid_nb.models import save_model
from reid_nb.options import set_values
from reid_nb.recipe import load_recipe
from reid_nb.rerank import k_reciprocal

AGAIN = dict(k1=20, k2=6, lambda_=0.1) # Re-ranking, of all that is compared

def read_lines(path):
    "(preset, changes) of each recipe, by name."
    found = {}
    for line in Path(path).read_text().splitlines():
        line = line.partition('#')[0].strip()
        if not line: continue
        name, colon, rest = line.partition(':')
        preset, _, changes = rest.strip().partition(' ')
        if not colon or not preset: raise ReIDError(f"{path}: {line!r}: write NAME: PRESET KEY=VALUE ...")
        if name in found: raise ReIDError(f"{path}: {name!r} is there twice")
        load_recipe(preset).set(**set_values(changes))
        found[name] = preset, changes.strip()
    if not found: raise ReIDError(f"{path} holds no recipe")
    return found

def check_looks(paths, final):
    "Raises `ReIDError` for the part that is kept for the end."
    kept = [path.name for path in paths if path.stem.startswith('final')]
    if not kept or final: return
    raise ReIDError(f"{' '.join(kept)}: kept for one last look, not for choosing; give --final for that")

def scores(features, rows):
    "Average precision of each query, without and with re-ranking, the person of each, and rank-1."
    is_query = (rows.role == 'query').to_numpy()
    q, g, q_rows, g_rows = features[is_query], features[~is_query], rows[is_query], rows[~is_query]
    plain = evaluate_rows(1 - q @ g.T, q_rows, g_rows)
    again = evaluate_rows(k_reciprocal(q, g, **AGAIN), q_rows, g_rows)
    return dict(ap=plain.ap.tolist(), reranked=again.ap.tolist(), people=q_rows.pid.tolist(), rank1=plain.cmc[1])

def memory(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 # GiB, on Linux

def of_length(r, epochs): return r.set(**{'train.epochs': epochs, 'train.warmup': round(epochs/12)})

class Timer(Callback):
    "CPU seconds of a step, of `n` after the first `skipped`, over epochs; ends the training then."
    order = 90
    def __init__(self, n=15, skipped=3): self.n, self.skipped, self.count = n, skipped, 0
    def after_batch(self):
        if not self.training: return
        self.count += 1
        if self.count == self.skipped: self.began = time.process_time()
        if self.count < self.skipped + self.n: return
        self.step = (time.process_time() - self.began) / self.n
        raise CancelFitException()

def epoch_seconds(data, r, grow):
    "CPU seconds of an epoch: of full size without `grow`, of small images with it."
    timer = Timer()
    many = timer.n + timer.skipped
    short = r.set(**{'train.epochs': many, 'train.warmup': 0, 'train.eval_every': many, 'train.grow': grow})
    learn = reid_learner(data, short, cbs=[timer])
    with quiet(learn): learn.fit_recipe()
    return timer.step * len(learn.dls.train)

def epochs_within(data, r, seconds, folder):
    "How many epochs of the recipe fit into the CPU seconds; measured once."
    path = folder/'speed.json'
    if not path.is_file():
        grow = r.train.grow
        found = dict(epoch=(1 - grow)*epoch_seconds(data, r, 0.))
        if grow: found['epoch'] += grow*epoch_seconds(data, r, 0.95)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as tmp: tmp.write_text(json.dumps(found))
    return max(1, round(seconds / json.loads(path.read_text())['epoch']))

def fitted(data, r, changes, seconds, images, folder):
    "The recipe with the epochs that it is to train for."
    changed = set_values(changes)
    if 'train.epochs' in changed or not (seconds or images): return r
    if images:
        n = len(reid_learner(data, r).dls.train) * r.train.p * r.train.k
        return of_length(r, max(1, round(images/n)))
    return of_length(r, epochs_within(data, r, seconds, folder/'timing'))

def train(path, recipe, seed, seconds, images, threads, folder):
    "Trains and writes result.json."
    import_parts()
    torch.set_num_threads(threads)
    preset, changes = recipe
    data = read_dataset(path)
    r = load_recipe(preset).set(**(set_values(changes) | {'seed': seed}))
    r = fitted(data, r, changes, seconds, images, folder)
    if 'train.eval_every' not in set_values(changes): r = r.set(**{'train.eval_every': r.train.epochs})
    shutil.rmtree(folder/'training', ignore_errors=True) # of a process that was stopped: all seconds are counted
    began, at = time.process_time(), time.perf_counter()
    learn = reid_learner(data, r)
    with quiet(learn): learn.fit_recipe(folder/'training')
    used = time.process_time() - began
    wall = time.perf_counter() - at
    save_model(learn.model, folder/'training')
    rows, steps = data.rows('test'), r.train.epochs*len(learn.dls.train)
    shown = steps*r.train.p*r.train.k
    parameters = sum(p.numel() for p in learn.model.backbone.parameters())
    loss = learn.history.rows[-1]['train_loss']
    history = [{key: row[key] for key in ('epoch', 'train_loss', 'mAP')} for row in learn.history.rows]
    found = dict(recipe=recipe, asked=[seconds, images], parameters=parameters, epochs=r.train.epochs, images=shown,
                 steps=steps, seconds=used, wall=wall, rate=shown/used, memory=memory(), loss=loss, history=history)
    found |= scores(embed(learn.model, rows, data.root, flip=False).features, rows)
    with atomic_write(folder/'result.json') as tmp: tmp.write_text(json.dumps(found))

def result(path, name, recipe, seed, out, asked, threads, work=train):
    "What a recipe reaches, trained in a process of its own unless it is there; None while another one trains it."
    folder = folder_of(out, path, name, seed)
    done = folder/'result.json'
    if not done.is_file():
        try:
            with lock_folder(folder), ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:
                pool.submit(work, path, recipe, seed, *asked, threads, folder).result()
        except ReIDError as e:
            if 'at work' not in str(e): raise
            return None
    found = json.loads(done.read_text())
    if found['recipe'] != list(recipe) or found['asked'] != list(asked):
        made = f"{' '.join(found['recipe'])} within {found['asked']}"
        raise ReIDError(f"{folder}: made by {made}; give the recipe another name")
    return found

def drawn_means(ap, people, n=2000):
    "(n,) means of `ap` (seeds, queries) when seeds and people are drawn anew."
    rng = np.random.default_rng(0)
    numbers = np.unique(people, return_inverse=True)[1]
    sums, counts = np.stack([np.bincount(numbers, row) for row in ap]), np.bincount(numbers)
    s, p = sums.shape
    seeds = rng.multinomial(s, np.full(s, 1/s), size=n)/s
    times = rng.multinomial(p, np.full(p, 1/p), size=n)
    return ((seeds @ sums) * times).sum(1) / (times @ counts)

def told(parts, sign=''):
    "Mean over data sets and its interval of 95 %, of (ap, people) of each of them."
    mean = np.mean([ap.mean() for ap, _ in parts])
    low, high = np.percentile(np.mean([drawn_means(ap, people) for ap, people in parts], axis=0), [2.5, 97.5])
    return f'{mean:{sign}.1f} ({low:{sign}.1f} to {high:{sign}.1f})'

def values(results, key): return 100*np.array([found[key] for found in results])

def line(name, ours, base):
    "A line of the table, of results by data set; `base` holds those of the first recipe for the same seeds."
    some = [found for results in ours.values() for found in results]
    def both(key): return [(values(r, key), r[0]['people']) for r in ours.values()]
    def ahead(key): return told([(values(r, key) - values(base[s], key), r[0]['people']) for s, r in ours.items()], '+')
    def mean(key, digits=None): return round(np.mean([found[key] for found in some]), digits)
    return {'way': name, 'mAP': told(both('ap')), 'ahead': ahead('ap'), 're-ranked': told(both('reranked')),
            'ahead, re-ranked': ahead('reranked'), 'M parameters': round(mean('parameters')/1e6, 2),
            'epochs': mean('epochs'), 'images': mean('images'), 'steps': mean('steps'), 'CPU s': mean('seconds'),
            'images/s': mean('rate', 1), 'GiB': mean('memory', 2), 'loss': mean('loss', 2), 'seeds': len(some)//len(ours)}

def folder_of(out, path, name, seed): return out/path.stem/f'{name}-{seed}'.replace(' ', '-')

def told_result(path, seed, name, found):
    "A line about one training."
    plain, again = (values([found], key).mean() for key in ('ap', 'reranked'))
    return (f"{path.stem} seed {seed} {name:30} mAP {plain:.1f} ({again:.1f}), {found['images']} images, "
            f"{found['seconds']:.0f} CPU s, loss {found['loss']:.2f}")

def tables(found, names, splits, seeds):
    "A table for each data set, and one of all, of what is there."
    rows = []
    def there(name, split): return [s for s in seeds if (name, split, s) in found and (names[0], split, s) in found]
    for part in [[split] for split in splits] + ([splits] if len(splits) > 1 else []):
        for name in names:
            common = {split: there(name, split) for split in part}
            if not all(common.values()): continue
            ours = {split: [found[name, split, s] for s in common[split]] for split in part}
            base = {split: [found[names[0], split, s] for s in common[split]] for split in part}
            rows.append({'data': part[0] if len(part) == 1 else 'all'} | line(name, ours, base))
    return pd.DataFrame(rows)

@call_parse
def main(
    recipes:str,         # Text file, one recipe a line
    out:str,             # Folder for everything that is made
    data:str='',         # Tables of data sets, as splits.py writes them, separated by spaces
    seconds:float=180,   # CPU seconds of a training; 0: the recipe's own epochs
    images:int=0,        # Or images shown
    seeds:str='0',       # Of weights, batches and augmentation
    only:str='',         # Names of recipes to train, separated by commas; others are told where they are there
    final:bool=False,    # Look at the part that was kept?
    threads:int=1,       # Of torch
    imports:str='',      # Own Python files with losses, networks, steps
):
    import_parts(imports)
    os.environ.setdefault('OMP_NUM_THREADS', str(threads))
    out, paths, seeds = Path(out), [Path(path) for path in data.split()], [int(seed) for seed in seeds.split()]
    check_looks(paths, final)
    lines, found = read_lines(recipes), {}
    chosen = [name.strip() for name in only.split(',')] if only else list(lines)
    asked = [0, images] if images else [seconds, 0]
    for seed in seeds:
        for path in paths:
            for name, recipe in lines.items():
                is_there = (folder_of(out, path, name, seed)/'result.json').is_file()
                if name not in chosen and not is_there: continue
                got = result(path, name, recipe, seed, out, asked, threads)
                if got is None: continue
                found[name, path.stem, seed] = got
                print(told_result(path, seed, name, got), flush=True)
    table = tables(found, list(lines), [path.stem for path in paths], seeds)
    with atomic_write(out/'table.csv') as tmp: table.to_csv(tmp, index=False)
    print(table.to_string(index=False))
