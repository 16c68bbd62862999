"""Does cleaning help? One network, trained on data in which people were hidden on purpose: with everything, with all
suspects dropped, by the paper's rule (wholly hidden dropped, partly hidden shown twice), and with the truth in place of
mining, dropped only or by the paper's rule. Tested on the clear test part, and on one in which 40 % of the people are
partly hidden too. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/cleaning.py cuhk03_challenge.zip cleaning --seeds "0 1 2"
"""
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse

from reid_nb.core import atomic_write, load_table
from reid_nb.data import ReIDData, read_dataset
from reid_nb.embed import embed
from reid_nb.learner import reid_learner
from reid_nb.loss_history import read_loss_history
from reid_nb.metrics import evaluate_rows
from reid_nb.cleaning import apply_decisions, decide
from reid_nb.noise import mine, true_kinds
from reid_nb.recipe import load_recipe
from reid_nb.synth import occlude

HIDDEN, PART = 0.15, 0.75 # Visible fraction below which a person counts as wholly, and as partly hidden
WAYS = 'everything', 'truth', 'suspects dropped', "paper's rule", 'truth, only dropped'
TESTS = 'clear', 'hidden'

def part_of_ids(data, share):
    "The data with that share of the training ids, always the same ones."
    pids = np.unique(data.rows('train').pid)
    some = pids[np.random.default_rng(0).permutation(len(pids))[:round(share*len(pids))]]
    keep = (data.table.subset == 'test') | data.table.pid.isin(some)
    return replace(data, table=data.table[keep].reset_index(drop=True))

def noisy(data, root, **kwargs):
    "The data with hidden people, made once."
    table = load_table(root/'truth.csv') if root.is_dir() else occlude(data.table, data.root, root, **kwargs)
    return ReIDData(root, table, data.name)

def decisions(way, table, folder, r):
    "What each way does with the training images."
    mined = table.assign(kind=true_kinds(table.visible, HIDDEN, PART))
    if way in ("paper's rule", 'suspects dropped'):
        mined = mine(read_loss_history(folder/'everything'/'losses'), table, r.noise)
    if way == 'everything': mined['kind'] = 'clean'
    if way == 'suspects dropped': mined['kind'] = mined.kind.replace('partial', 'hidden')
    return decide(mined, repeats=1 if way == 'truth, only dropped' else 2)

def one(way, data, tests, r, folder):
    "Average precision of each query, on each of the tests, for the network that was trained that way."
    path = folder/way/'result.json'
    done = json.loads(path.read_text()) if path.is_file() else {}
    if not set(TESTS) <= set(done):
        chosen = decisions(way, data.table, folder, r)
        table = apply_decisions(data.table, chosen, min_images=0)
        learn = reid_learner(replace(data, table=table), r)
        with learn.no_bar(), learn.no_logging(): learn.fit_recipe(folder/way)
        for name, test in tests.items():
            rows = test.rows('test')
            f = embed(learn.model, rows, test.root, [r.model.size], flip=False).features
            q = (rows.role == 'query').values
            res = evaluate_rows(1 - f[q] @ f[~q].T, rows[q], rows[~q])
            done[name] = dict(ap=res.ap.tolist(), rank1=res.cmc[1])
        train = table[table.subset == 'train']
        done |= dict(dropped=int((train.repeats == 0).sum()), shown=int(train.repeats.sum()))
        with atomic_write(path) as tmp: tmp.write_text(json.dumps(done))
    return done

def interval(ap, n=2000):
    "95 % of the mean of `ap` (seeds, queries) when seeds and queries are drawn anew."
    rng, (s, q) = np.random.default_rng(0), ap.shape
    drawn = [ap[rng.integers(s, size=s)][:, rng.integers(q, size=q)].mean() for _ in range(n)]
    return np.percentile(drawn, [2.5, 97.5])

def row(way, test, results, seeds):
    "A line of the table."
    r = [results[way, s] for s in seeds]
    ap, base = (100*np.array([results[w, s][test]['ap'] for s in seeds]) for w in (way, 'everything'))
    (a, b), (c, d) = interval(ap), interval(ap - base)
    mean = lambda key: np.mean([x[key] for x in r])
    return dict(test=test, way=way, dropped=mean('dropped'), shown=mean('shown'),
                mAP=f'{ap.mean():.1f} ({a:.1f} to {b:.1f})', gain=f'{(ap - base).mean():+.1f} ({c:+.1f} to {d:+.1f})',
                seeds=' '.join(f'{m:.1f}' for m in ap.mean(1)))

@call_parse
def main(
    path:str,          # Challenge zip with a labeled validation part
    out:str,           # Folder for everything that is made
    seeds:str='0 1 2', # Of the hiding and of the training
    ways:str='',       # Only these, numbers from 0, for working in several processes
    ids:float=0.5,     # Share of the training ids that is used
    height:int=96,     # Of the network's input; half as wide
    epochs:int=14,     # Of the preset `tiny`
    threads:int=1,     # Of torch
):
    torch.set_num_threads(threads)
    out, results, seeds = Path(out), {}, [int(s) for s in seeds.split()]
    data = part_of_ids(read_dataset(path, dest=out/'data'), ids)
    test = noisy(data, out/'hidden-test', levels=[(0.4, (0.3, 0.7))], subset='test', seed=0)
    todo = [WAYS[int(i)] for i in ways.split()] or WAYS
    print(data)
    for way in todo:
        for seed in seeds:
            r = load_recipe('tiny').set(**{'seed': seed, 'model.size': [height, height//2], 'train.epochs': epochs,
                                      'train.eval_every': epochs, 'noise.score': 'mean', 'noise.id_centering': 0.5, 'noise.partial_above': 1.5,
                                      'noise.hidden_above': 3.})
            hidden = noisy(data, out/f'hidden-{seed}', seed=seed)
            results[way, seed] = got = one(way, hidden, dict(clear=data, hidden=test), r, out/f'seed-{seed}')
            print(f'{way:20} seed {seed}:', *[f"{t} mAP {np.mean(got[t]['ap']):.4f}" for t in TESTS], flush=True)
    if 'everything' in todo:
        print(pd.DataFrame([row(way, t, results, seeds) for t in TESTS for way in todo]).to_string(index=False))
