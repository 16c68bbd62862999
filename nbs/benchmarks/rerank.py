"""Time and memory of k-reciprocal re-ranking, each run in a process of its own, methods alternated, medians.

    python nbs/benchmarks/rerank.py [--queries 468 --gallery 8703 --dims 2048 --runs 3 --threads 1]
                                    [--features persons] [--methods library search ...] [--torchreid FOLDER]

From features:
  library       reid_nb.rerank.k_reciprocal; `float32` and `bfloat16` are the same with that search
  search        the neighbor search alone, without symmetry: product of all pairs by NumPy's BLAS in float32 and torch's
                top k of each row, the fastest exact one that was found (faiss and NumPy's partition are slower)
  faiss         the same by faiss.IndexFlatL2, where faiss is installed
  dense         the same algorithm on full float32 matrices in NumPy, as published implementations have it
From distances that are already there (not part of the time):
  matrix        reid_nb.rerank.rerank_distances, in torchreid's variant
  torchreid     torchreid's re_ranking, where torchreid is installed or its unpacked sources are in FOLDER

--features: `persons`, a center each and much noise, so that strangers are nearly as near as friends; `trained`, the same in
64 dimensions that are spread over all, nearer to what a network gives; `random`; or an .npy file of features, whose first
rows are the queries. Memory is the peak above the process with its input made.
"""
import argparse, importlib.util, json, os, resource, statistics, subprocess, sys, tempfile, time
from pathlib import Path

FROM_FEATURES = 'library', 'float32', 'bfloat16', 'search', 'faiss', 'dense'
METHODS = *FROM_FEATURES, 'matrix', 'torchreid'


def features(n_q, n_g, d, kind='persons', per_id=20, seed=0):
    "Unit-length float32 features of persons with about `per_id` gallery images each."
    import numpy as np
    if kind.endswith('.npy'):
        x = np.load(kind)
        return x[:n_q], x[n_q:n_q + n_g]
    rng = np.random.default_rng(seed)
    inner = min(d, 64) if kind == 'trained' else d
    spread = rng.standard_normal((inner, d), dtype=np.float32) / d**.5
    centers = rng.standard_normal((max(1, n_g // per_id), inner), dtype=np.float32)
    def look(n):
        x = np.empty((n, d), np.float32)
        for s in range(0, n, 4096):
            y = rng.standard_normal((len(x[s:s+4096]), inner), dtype=np.float32)
            if kind == 'persons': y = 1.5 * y + centers[rng.integers(0, len(centers), len(y))]
            elif kind == 'trained': y = (0.8 * y + centers[rng.integers(0, len(centers), len(y))]) @ spread
            x[s:s+4096] = y / np.linalg.norm(y, axis=1, keepdims=True)
        return x
    return look(n_q), look(n_g)


def search(q, g, k=21, size=512):
    "Only the k nearest of all rows, in blocks."
    import numpy as np, torch
    x = np.concatenate([q, g])
    norms = np.einsum('nd,nd->n', x, x)
    return torch.cat([torch.from_numpy((-2 * x[s:s+size]) @ x.T + norms).topk(k, 1, largest=False)[1]
                      for s in range(0, len(x), size)]).numpy()


def faiss_search(q, g, k=21):
    import faiss, numpy as np
    x = np.concatenate([q, g])
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(x)
    return index.search(x, k)[1]


def distances(q, g):
    "Squared Euclidean distances: query to gallery, among queries, in the gallery; as torchreid wants them."
    import numpy as np
    def d(a, b):
        out = a @ b.T
        out *= -2; out += np.einsum('nd,nd->n', b, b); out += np.einsum('nd,nd->n', a, a)[:, None]
        return np.maximum(out, 0, out=out)
    return d(q, g), d(q, q), d(g, g)


def torchreid(folder):
    "torchreid's function; None when it is nowhere. Its file is loaded alone, for the package wants a compiler."
    spec = None if folder else importlib.util.find_spec('torchreid')
    roots = [Path(folder)] if folder else [Path(p) for p in spec.submodule_search_locations] if spec else []
    for root in roots:
        for file in root.rglob('utils/rerank.py'):
            spec = importlib.util.spec_from_file_location('torchreid_rerank', file)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.re_ranking


def dense(q, g, k1=20, k2=6, lambda_=0.3):
    "Zhong et al. 2017 on full float32 matrices."
    import numpy as np
    x, n_q = np.concatenate([q, g]), len(q)
    norms = np.einsum('nd,nd->n', x, x)
    d = x @ x.T
    d *= -2; d += norms; d += norms[:, None]
    np.fill_diagonal(d, 0); np.maximum(d, 0, out=d)
    d /= d.max(1, keepdims=True)
    top = max(k1 + 1, k2)
    order = np.argpartition(d, range(1, top), axis=1)[:, :top]
    def mutual(i, k):
        near = order[i, :k + 1]
        return near[(order[near, :k + 1] == i).any(1)]
    v, half = np.zeros_like(d), [mutual(i, int(np.around(k1 / 2))) for i in range(len(x))]
    for i in range(len(x)):
        wide = mutual(i, k1)
        more = [half[c] for c in wide if 3 * len(np.intersect1d(half[c], wide)) > 2 * len(half[c])]
        members = np.unique(np.concatenate([wide, *more]))
        weight = np.exp(-d[i, members])
        v[i, members] = weight / weight.sum()
    d = d[:n_q, n_q:].copy()
    if k2 != 1: v = np.stack([v[order[i, :k2]].mean(0) for i in range(len(x))])
    holders = [np.flatnonzero(v[n_q:, j]) for j in range(len(x))]
    for i in range(n_q):
        least = np.zeros(len(g), np.float32)
        for j in np.flatnonzero(v[i]): least[holders[j]] += np.minimum(v[i, j], v[n_q + holders[j], j])
        d[i] = (1 - least / (2 - least)) * (1 - lambda_) + d[i] * lambda_
    return d


def peak(begin=False):
    "Largest memory of this process so far, or since `begin`, in MB."
    if Path('/proc/self/clear_refs').exists():
        if begin: Path('/proc/self/clear_refs').write_text('5')
        status = Path('/proc/self/status').read_text()
        return int(status.split('VmHWM:')[1].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == 'darwin' else 2**10)


def child(a):
    import numpy as np, torch
    from functools import partial
    from reid_nb.rerank import k_reciprocal, rerank_distances
    torch.set_num_threads(a.threads)
    run = dict(library=k_reciprocal, float32=partial(k_reciprocal, precision='fp32'),
               bfloat16=partial(k_reciprocal, precision='bf16'), search=search, faiss=faiss_search, dense=dense,
               matrix=partial(rerank_distances, variant='torchreid'), torchreid=torchreid(a.torchreid))[a.child]
    if a.device and a.child in FROM_FEATURES[:3]: run = partial(run, device=a.device)
    args = features(a.queries, a.gallery, a.dims, a.features)
    few = args[0][:40], args[1][:60]
    if a.child not in FROM_FEATURES: args, few = distances(*args), distances(*few)
    run(*few)  # loads and sets up what the first call needs
    if torch.cuda.is_available(): torch.cuda.reset_peak_memory_stats()
    before, start = peak(True), time.perf_counter()
    out = run(*args)
    seconds = time.perf_counter() - start
    gpu = torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else 0
    print(json.dumps(dict(seconds=seconds, mb=peak() - before, gpu=gpu)))
    if a.save: np.save(a.save, out)


def compare(folder, one, two):
    import numpy as np
    paths = [Path(folder)/f'{m}.npy' for m in (one, two)]
    if all(p.exists() for p in paths):
        gap = abs(np.load(paths[0]) - np.load(paths[1]))
        print(f'{one} and {two} differ by {gap.max():.1e} at the most, {gap.mean():.1e} in the mean')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in dict(queries=468, gallery=8703, dims=2048, runs=3, threads=1).items():
        p.add_argument(f'--{name}', type=int, default=value)
    p.add_argument('--features', default='persons')
    p.add_argument('--methods', nargs='+', choices=METHODS, default=METHODS)
    p.add_argument('--torchreid', default='', help='folder of unpacked sources')
    p.add_argument('--device', default='', help="of the library's search")
    for name in 'child', 'save': p.add_argument(f'--{name}', help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.child: return child(a)
    methods = [m for m in a.methods if (m != 'torchreid' or torchreid(a.torchreid))
               and (m != 'faiss' or importlib.util.find_spec('faiss'))]
    for m in set(a.methods) - set(methods): print(f'{m} is not installed and is left out')
    env = dict(os.environ, PYTHONPATH=str(Path(__file__).resolve().parents[2]), PYTHONWARNINGS='ignore')
    for name in 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS': env[name] = str(a.threads)
    results, same = {m: [] for m in methods}, [f'--{n}={getattr(a, n)}' for n in
                     ('queries', 'gallery', 'dims', 'threads', 'features', 'torchreid', 'device')]
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(a.runs):
            for m in methods:
                out = subprocess.run([sys.executable, __file__, *same, '--child', m, '--save', f'{folder}/{m}.npy'],
                                     env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
                results[m].append(json.loads(out.splitlines()[-1]))
        print(f'{a.queries} x {a.gallery}, {a.dims} dimensions, features {a.features}, {a.threads} thread(s), '
              f'medians of {a.runs}')
        print(f'{"method":10}{"seconds":>10}{"of search":>11}{"MB above the input":>20}{"MB on the GPU":>15}')
        middle = {m: {key: statistics.median(r[key] for r in runs) for key in ('seconds', 'mb', 'gpu')}
                  for m, runs in results.items()}
        for m, r in middle.items():
            ratio = f"{r['seconds'] / middle['search']['seconds']:11.2f}" if 'search' in middle else ' ' * 11
            print(f"{m:10}{r['seconds']:10.3f}{ratio}{r['mb']:20.0f}{r['gpu']:15.0f}")
        for pair in ('library', 'dense'), ('library', 'float32'), ('float32', 'bfloat16'), ('matrix', 'torchreid'):
            compare(folder, *pair)
    if {'matrix', 'torchreid'} <= set(middle):
        print(f"torchreid takes {middle['torchreid']['seconds'] / middle['matrix']['seconds']:.0f} times as long as matrix")


if __name__ == '__main__': main()
