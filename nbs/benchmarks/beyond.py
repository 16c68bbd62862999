"""Ideas that the paper's table has no row for, on networks that are there already. What a single network gains: its gallery
expanded as well as its queries; images looked at in two sizes; batch statistics taken from the test images, labels
unseen; re-ranking with the parameters that are best for other people's queries. And what a sum of networks gains: features joined and re-ranked once, in place of the sum of re-ranked distances; ranks or
spreads summed. mAP on the labeled test part, every gain with the interval over seeds and queries.

    reid_ablate DATA --table cumulative --out ablation …; reid_ensemble DATA --out ensemble …
    python nbs/benchmarks/beyond.py DATA ablation ensemble
"""
from copy import deepcopy
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse

from reid_nb.cache import cached_images
from reid_nb.data import read_dataset
from reid_nb.embed import Embeddings, embed
from reid_nb.fusion import fuse
from reid_nb.metrics import bootstrap, evaluate_rows
from reid_nb.models import load_model
from reid_nb.rerank import expand_gallery, expand_queries, k_reciprocal
from reid_nb.retrieval import final_distances
from reid_nb.runs import load_run_recipe
from reid_nb.zoo import choose_parameters

FITTED = 'parameters of re-ranking from other people'

@torch.no_grad()
def adapted(model, images):
    "A copy whose batch normalization knows the statistics of these images in place of the training's."
    new = deepcopy(model).eval()
    for m in new.modules():
        if isinstance(m, torch.nn.modules.batchnorm._BatchNorm): m.reset_running_stats(); m.momentum = None; m.train()
    for x in images.split(128): new.embed(x)
    return new.eval()

def features(data, folder, flip=True, sizes=None, adapt=False):
    "Embeddings of the labeled test part by the network in `folder`."
    model, at = load_model(folder), np.flatnonzero(data.table.subset == 'test')
    rows = data.table.iloc[at]
    if sizes: return embed(model, rows, data.root, [model.size, *sizes], flip=flip)
    images = cached_images(data.table, data.root, model.size, model.resize)[torch.as_tensor(at)]
    return embed(adapted(model, images) if adapt else model, rows, pixels=images, flip=flip)

def both_expanded(e, r):
    "The answer when the gallery is expanded too."
    q, g = (e.role(role).features for role in ('query', 'gallery'))
    t = r.test
    return k_reciprocal(expand_queries(q, g, t.aqe_k, t.aqe_alpha)[0], expand_gallery(g, t.aqe_k, t.aqe_alpha), t.k1, t.k2, t.lambda_)

def joined(es):
    "Features of several networks side by side: their similarity is the mean of the networks'."
    return Embeddings(np.concatenate([e.features for e in es], 1)/len(es)**0.5, es[0].table)

def alone(data, folders, r, ap):
    "What a single network gains: {idea: (S, Q) average precision}."
    out = {}
    def note(idea, dist): out.setdefault(idea, []).append(ap(dist))
    for folder in folders:
        e, (h, w) = features(data, folder), load_model(folder).size
        bigger = (round(h*7/6/16)*16, round(w*7/6/8)*8)
        note('as in the paper', final_distances(e, r))
        note('gallery expanded too', both_expanded(e, r))
        note('a second size', final_distances(features(data, folder, sizes=[bigger]), r))
        note('batch statistics of the test images', final_distances(features(data, folder, adapt=True), r))
        best, held = choose_parameters([e], r)
        out.setdefault(FITTED, []).append(held)
        print(folder, 'best for all queries:', best)
    return {idea: np.stack(aps) for idea, aps in out.items()}

def sums(es, r, ap):
    "What a sum gains: {idea: (S, Q) average precision}, of all networks together as one row."
    dists = [final_distances(e, r) for e in es]
    ways = {'re-ranked distances summed (paper)': fuse(dists), 'their ranks summed': fuse(dists, normalize='rank'),
            'their z-scores summed': fuse(dists, normalize='zscore'), 'features joined, then re-ranked': final_distances(joined(es), r)}
    return {idea: ap(dist)[None] for idea, dist in ways.items()} | {FITTED: choose_parameters(es, r)[1][None]}

def report(title, found):
    "A line an idea, in percent, with the interval over rows and queries."
    base, rows = next(iter(found.values())), []
    for idea, ap in found.items():
        gain = ap - base
        rows.append(dict(of=title, idea=idea, mAP=ap.mean(), **dict(zip(('low', 'high'), bootstrap(ap))), gain=gain.mean(),
                         **dict(zip(('gain_low', 'gain_high'), bootstrap(gain)))))
    table = pd.DataFrame(rows)
    table.iloc[:, 2:] *= 100
    print(table.iloc[:, 1:].rename(columns=dict(idea=title)).to_string(index=False, float_format='{:.2f}'.format), end='\n\n', flush=True)
    return table.assign(each=[' '.join(f'{100*m:.1f}' for m in ap.mean(1)) for ap in found.values()])

@call_parse
def main(
    data:str,     # Data set with a labeled test part
    ablation:str, # Folder of `reid_ablate`
    ensemble:str, # Folder of `reid_ensemble`
    out:str='beyond.csv', # Where the table goes
    threads:int=1,        # Of torch
):
    torch.set_num_threads(threads)
    data, r = read_dataset(data), load_run_recipe(ablation)
    q, g = data.rows('test', 'query'), data.rows('test', 'gallery')
    def ap(dist): return evaluate_rows(dist, q, g, r.test.protocol).ap
    tables = []
    for name in ('circle', 'large-input'):
        tables += [report(f'one network, {name}', alone(data, sorted(Path(ablation).glob(f'models/seed-*/{name}')), r, ap))]
    nets = sorted(p.parent for p in Path(ensemble).glob('models/*/model.safetensors') if p.parent.name != 'noise_model')
    es = {p.name: features(data, p) for p in nets}
    for n in range(2, len(es) + 1):
        found = [sums(some, r, ap) for some in combinations(es.values(), n)]
        tables += [report(f'{n} of {len(es)} networks', {idea: np.concatenate([f[idea] for f in found]) for idea in found[0]})]
    pd.concat(tables).round(2).to_csv(out, index=False)
