"""Does cleaning help? One network, trained on data in which people were hidden on purpose, four ways: with everything,
with all suspects dropped, by the paper's rule (wholly hidden dropped, partly hidden twice), and by the paper's rule with
the truth in place of mining. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/cleaning.py cuhk03_challenge.zip cleaning --seeds "0 1 2"
"""
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse

from reid_nb.core import atomic_write, recipe
from reid_nb.data import ReIDData, read_dataset
from reid_nb.learner import read_visits, reid_learner
from reid_nb.noise import apply_decisions, decide, mine
from reid_nb.synth import occlude

HIDDEN, PART = 0.15, 0.75 # Visible fraction below which a person counts as wholly, and as partly hidden
WAYS = 'everything', 'truth', 'suspects dropped', "paper's rule"

def noisy(data, seed, out):
    "The data with hidden people of that seed, made once."
    root = out/f'hidden-{seed}'
    table = pd.read_csv(root/'truth.csv') if root.is_dir() else occlude(data.table, data.root, root, seed=seed)
    return ReIDData(root, table, data.name)

def kinds_of_truth(table):
    "The kind that each training image really is."
    kind = np.select([table.visible < HIDDEN, table.visible < PART], ['full', 'partial'], 'clean')
    return table.assign(kind=np.where(table.subset == 'train', kind, ''), loss=0., score=0.)

def decisions(way, table, folder, r):
    "What each way does with the training images."
    mined = kinds_of_truth(table) if way in ('everything', 'truth') else mine(read_visits(folder/'everything'/'ledger'), table, r.noise)
    if way == 'everything': mined['kind'] = np.where(mined.kind == '', '', 'clean')
    if way == 'suspects dropped': mined['kind'] = mined.kind.replace('partial', 'full')
    return decide(mined, copies=2)

def one(way, data, r, images, folder):
    "Average precision of each query for the network that was trained that way."
    path = folder/way/'result.json'
    if not path.is_file():
        table = apply_decisions(data.table, decisions(way, data.table, folder, r), few=0)
        learn = reid_learner(replace(data, table=table), r, images)
        with learn.no_bar(), learn.no_logging(): learn.fit_recipe(folder/way/'last.pt')
        res, train = learn.retrieval.result, table[table.subset == 'train']
        done = dict(ap=res.ap.tolist(), rank1=res.cmc[1], dropped=int((train.copies == 0).sum()), showings=int(train.copies.sum()))
        with atomic_write(path) as tmp: tmp.write_text(json.dumps(done))
    return json.loads(path.read_text())

def interval(ap, n=2000):
    "95 % of the mean of `ap` (seeds, queries) when seeds and queries are drawn anew."
    rng, (s, q) = np.random.default_rng(0), ap.shape
    means = [ap[rng.integers(s, size=s)][:, rng.integers(q, size=q)].mean() for _ in range(n)]
    return np.percentile(means, [2.5, 97.5])

@call_parse
def main(
    path:str,               # Challenge zip with a labelled validation part
    out:str,                # Folder for everything that is made
    seeds:str='0 1 2',      # Of the hiding and of the training
    ids:float=0.5,          # Share of the training ids that is used
    height:int=96,          # Of the network's input; half as wide
    epochs:int=14,          # Of the preset `tiny`
    threads:int=1,          # Of torch
):
    torch.set_num_threads(threads)
    out, results = Path(out), {}
    data = read_dataset(path, dest=out/'data')
    pids = np.unique(data.rows('train').pid)
    some = pids[np.random.default_rng(0).permutation(len(pids))[:round(ids*len(pids))]]
    data = replace(data, table=data.table[(data.table.subset == 'test') | data.table.pid.isin(some)].reset_index(drop=True))
    print(data)
    for way in WAYS:
        for seed in map(int, seeds.split()):
            r = recipe('tiny').set(**{'seed': seed, 'model.size': [height, height//2], 'train.epochs': epochs, 'train.eval_every': epochs})
            hidden = noisy(data, seed, out)
            results[way, seed] = one(way, hidden, r, None, out/f'seed-{seed}')
            print(f"{way:18} seed {seed}: mAP {np.mean(results[way, seed]['ap']):.4f}", flush=True)
    ap = {way: np.array([results[way, s]['ap'] for s in map(int, seeds.split())]) for way in WAYS}
    rows = []
    for way in WAYS:
        r = [results[way, s] for s in map(int, seeds.split())]
        (a, b), (c, d) = interval(ap[way]), interval(ap[way] - ap['everything'])
        rows.append(dict(way=way, dropped=np.mean([x['dropped'] for x in r]), showings=np.mean([x['showings'] for x in r]),
                         mAP=f"{100*ap[way].mean():.1f} ({100*a:.1f} to {100*b:.1f})", rank1=f"{100*np.mean([x['rank1'] for x in r]):.1f}",
                         gain=f"{100*(ap[way] - ap['everything']).mean():+.1f} ({100*c:+.1f} to {100*d:+.1f})"))
    print(pd.DataFrame(rows).to_string(index=False))
