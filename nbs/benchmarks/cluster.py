"""Crops sorted into people: average linkage of re-ranked similarities, and what scikit-learn makes of plain cosines and of
re-ranked distances. Each way chooses its parameters on the people of CHOOSE, by pairwise F, and is scored on those of REPORT;
without REPORT the people of CHOOSE are halved, and each half is scored with what was chosen on the other.

    python nbs/benchmarks/cluster.py --model runs/dev0 --choose splits/dev0.csv --report cuhk03_challenge.zip
    python nbs/benchmarks/cluster.py --model runs/snmot --choose snmot.csv
    python nbs/benchmarks/cluster.py --crops 100000

The last one is the time and memory of so many random features of 512 numbers, 16 a person.
"""
import resource, time, warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse
from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering

from reid_nb.cluster import THRESHOLDS, merge_tree, similarities
from reid_nb.cluster_scores import CLUSTER_SCORES, cluster_scores
from reid_nb.data import read_dataset
from reid_nb.embed import embed
from reid_nb.models import load_model

K1 = 6, 10, 20

def cosine_distance(x):
    d = np.maximum(1 - x.astype(float) @ x.T, 0)
    np.fill_diagonal(d, 0)
    return d

def jaccard_distance(x, k1):
    d = np.maximum(1 - similarities(x, k1, max(1, round(k1 / 3))).toarray(), 0)
    np.fill_diagonal(d, 0)
    return d

def by_sklearn(d):
    "Labels of each way with each of its parameters, from a full matrix of distances."
    for t in THRESHOLDS.tolist():
        yield 'average', t, AgglomerativeClustering(None, metric='precomputed', linkage='average', distance_threshold=t).fit_predict(d)
        for n in (2, 4): yield 'DBSCAN', (t, n), DBSCAN(eps=t, min_samples=n, metric='precomputed').fit_predict(d)
    for n in (2, 3, 5):
        for how in ('eom', 'leaf'):
            model = HDBSCAN(min_cluster_size=n, metric='precomputed', cluster_selection_method=how, copy=True)
            yield 'HDBSCAN', (n, how), model.fit_predict(d)

def ways(x):
    "Name, parameters and labels of all."
    for name, value, labels in by_sklearn(cosine_distance(x)): yield f'cosine, {name}', value, labels
    for k1 in K1:
        tree = merge_tree(similarities(x, k1, max(1, round(k1 / 3))))
        for t in THRESHOLDS.tolist(): yield 'reid_nb', (k1, t), tree.cut(t)
        for name, value, labels in by_sklearn(jaccard_distance(x, k1)):
            if name != 'average': yield f're-ranked, {name}', (k1, value), labels

def chosen(x, pids):
    "The parameters of each way with the best pairwise F."
    found = [(name, value, cluster_scores(labels, pids, draws=1).f) for name, value, labels in ways(x)]
    table = pd.DataFrame(found, columns=['way', 'value', 'f'])
    return table.loc[table.groupby('way').f.idxmax()].set_index('way').value.to_dict()

def reported(x, pids, values):
    "`ClusterScores` of each way with these parameters."
    return {name: cluster_scores(labels, pids) for name, value, labels in ways(x) if value == values[name]}

def features_of(model, path, flip):
    "Features and ids of the labeled test part, or of all images where there is none."
    data = read_dataset(path, dest='data')
    rows = data.rows('test') if len(data.rows('test')) else data.table
    found = embed(model, rows, data.root, flip=flip)
    return found.features, found.table.pid.to_numpy()

def show(name, values, scores):
    "A line per way, and what the library's is ahead by."
    print(f'\n{name}')
    ours, lines = scores['reid_nb'], []
    for way, score in scores.items():
        ahead = ours.draws.f - score.draws.f
        low, high = np.quantile(ahead, [.025, .975])
        lines.append(dict(way=way, chosen=str(values[way]), **{key: round(score.values[key], 3) for key in CLUSTER_SCORES}, clusters=score.n_clusters,
                          interval='{:.3f} to {:.3f}'.format(*score.interval()), ahead=f'{ours.f - score.f:+.3f} ({low:+.3f} to {high:+.3f})'))
    print(pd.DataFrame(lines).to_string(index=False), flush=True)

def large(n):
    "Seconds and GiB of `n` crops."
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((n // 16, 64), dtype=np.float32)
    spread = rng.standard_normal((64, 512), dtype=np.float32)
    x = (.8 * rng.standard_normal((n, 64), dtype=np.float32) + centers[np.arange(n) % len(centers)]) @ spread
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    start, cpu = time.perf_counter(), time.process_time()
    found = similarities(x)
    middle = time.perf_counter()
    labels = merge_tree(found).cut(.6)
    score = cluster_scores(labels, np.arange(n) % len(centers), draws=50)
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f'{n:,} crops: similarities {middle - start:.0f} s, merging {time.perf_counter() - middle:.0f} s, '
          f'CPU {time.process_time() - cpu:.0f} s, {found.nnz / n:.0f} pairs per crop, at most {gib:.1f} GiB; {score}')

@call_parse
def main(
    model:str='',       # Folder of a trained model
    choose:str='',      # Data whose people are chosen on
    report:str='',      # Data whose people are scored
    flip:bool=False,    # Averaged with the flipped image?
    crops:int=0,        # Time and memory of so many features instead
    threads:int=1,      # Of torch
):
    warnings.simplefilter('ignore')
    torch.set_num_threads(threads)
    if crops: return large(crops)
    net = load_model(model).eval()
    x, pids = features_of(net, choose, flip)
    if report:
        values = chosen(x, pids)
        y, others = features_of(net, report, flip)
        return show(f'{Path(report).name}, chosen on {Path(choose).name}', values, reported(y, others, values))
    half = np.random.default_rng(0).permutation(np.unique(pids))
    is_first = np.isin(pids, half[:len(half) // 2])
    for name, one in (('the second half', is_first), ('the first half', ~is_first)):
        values = chosen(x[one], pids[one])
        show(f'{Path(choose).name}, {name} of the people', values, reported(x[~one], pids[~one], values))
