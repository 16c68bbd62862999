from configparser import ConfigParser
from pathlib import Path
from setuptools import setup, find_packages

here = Path(__file__).parent
ini = ConfigParser(delimiters=['='])
ini.read(here/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']

setup(
    version=cfg['version'], description=cfg['description'], license=cfg['license'], author=cfg['author'],
    keywords=cfg['keywords'].split(), python_requires='>=' + cfg['min_python'],
    long_description=(here/'README.md').read_text(encoding='utf-8'), long_description_content_type='text/markdown',
    packages=find_packages(include=['reid_nb*']), package_data={'reid_nb': ['zoo.csv', 'static/*']},
    install_requires=cfg['requirements'].split(),
    extras_require={name: cfg[f'{name}_requirements'].split()
                    for name in ('dev', 'lab', 'docs', 'compare', 'log', 'onnx', 'search', 'store')},
    entry_points=dict(console_scripts=cfg['console_scripts'].split(), nbdev=['reid_nb=reid_nb._modidx:d']))
