"""Seconds from a moved slider of the explorer to its new mAP, beside those of computing the answer anew.

    python nbs/benchmarks/sliders.py [--queries 468 --gallery 8703 --dims 2048 --members 2 --runs 7 --threads 1]
                                     [--features trained]

Features are those of rerank.py. Each slider is moved to a value that was not there before; a view is drawn as well,
without pictures. `anew` is k_reciprocal and evaluate for each member, which is what a change costs where nothing is
kept. The first search of each member is told apart: it is made once, when the step is looked at first. `aqe_k` changes
the features, so that it needs a search again.
"""
import argparse, os, statistics, time
from dataclasses import replace


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in dict(queries=468, gallery=8703, dims=2048, members=2, runs=7, threads=1).items():
        parser.add_argument(f'--{name}', type=int, default=default)
    parser.add_argument('--features', default='trained')
    args = parser.parse_args()
    for name in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS'): os.environ[name] = str(args.threads)
    import numpy as np, pandas as pd, torch
    from rerank import features
    from reid_nb.recipe import load_recipe
    from reid_nb.explorer import ExplorerView
    from reid_nb.explorer_state import Explorer, ModelResult
    from reid_nb.embed import Embeddings
    from reid_nb.metrics import evaluate
    from reid_nb.rerank import expand_queries, k_reciprocal
    torch.set_num_threads(args.threads)

    n, test = args.queries + args.gallery, load_recipe('along2021').test
    table = pd.DataFrame(dict(file=[f'{i}.jpg' for i in range(n)], pid=np.arange(n) % 400, camid=np.arange(n) % 6,
                              role=['query']*args.queries + ['gallery']*args.gallery))
    sizes = args.queries, args.gallery, args.dims, args.features
    look = lambda seed: Embeddings(np.concatenate(features(*sizes, seed=seed)), table)
    members = [ModelResult(f'm{i}', look(i), test) for i in range(args.members)]
    start = time.perf_counter()
    view = ExplorerView(Explorer(members, 'nowhere'))
    print(f'{args.queries:,} x {args.gallery:,}, {args.dims}-d {args.features}, {args.threads} threads')
    print(f'{"first search":24}{time.perf_counter() - start:8.2f} s')

    def timed(action):
        start = time.perf_counter()
        action()
        return time.perf_counter() - start

    def anew():
        for m in members[:1 if view.explorer.step != 'fuse' else None]:
            d = k_reciprocal(*expand_queries(*m.features('expand', test), test.aqe_k), test.k1, test.k2, test.lambda_)
            evaluate(d, m.q.pid, m.g.pid, m.q.camid, m.g.camid)

    for step in ('re-rank', 'fuse')[:1 + (args.members > 1)]:
        view.step.value = step
        moves = dict(lambda_=lambda i: view.set_params(lambda_=0.1 + 0.01*i), k2=lambda i: view.set_params(k2=3 + i),
                     k1=lambda i: view.set_params(k1=11 + i))
        if step == 'fuse': moves['weights'] = lambda i: view.set_weight('m0', 0.5 + 0.05*i)
        found = {name: [] for name in (*moves, 'anew')}
        for i in range(args.runs):
            for name, move in moves.items(): found[name].append(timed(lambda: move(i)))
            if i < 3: found['anew'].append(timed(anew))
        for name, seconds in found.items():
            print(f'{step + ", " + name:24}{statistics.median(seconds):8.2f} s  {max(seconds):6.2f} at most')
        view.explorer.test = replace(test)


if __name__ == '__main__': main()
