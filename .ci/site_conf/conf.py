"Sphinx settings. Outputs stored in the notebooks are shown, nothing is run, and no page needs the network."
from configparser import ConfigParser
from pathlib import Path

from docutils.nodes import Element, SkipNode
from latex2mathml.converter import convert
from sphinx import search

HERE = Path(__file__).parent
ini = ConfigParser(delimiters=['='])
ini.read(HERE.parents[1]/'settings.ini', encoding='utf-8')

project = ini['DEFAULT']['lib_name']
version = release = ini['DEFAULT']['version']
extensions = ['myst_nb']
nb_execution_mode = 'off'
myst_enable_extensions = ['dollarmath']
toc_object_entries_show_parents = 'hide'
add_module_names = False
python_use_unqualified_type_names = True
html_theme = 'furo'
html_title = project
pygments_style, pygments_dark_style = 'friendly', 'github-dark'
html_static_path = [str(HERE/'static')]
html_css_files = ['site.css']
templates_path = [str(HERE/'templates')]
html_sidebars = {'**': [f'sidebar/{part}.html' for part in ('brand', 'search', 'scroll-start', 'names', 'navigation', 'ethical-ads', 'scroll-end')]}
html_copy_source = html_show_sourcelink = html_show_copyright = False
smartquotes = False
html_math_renderer = 'mathml'

def inline(self, node):
    self.body.append(convert(node.astext()))
    raise SkipNode

def display(self, node):
    self.body.append('<div class="math">' + convert(node.astext(), display='block') + '</div>')
    raise SkipNode

collect = search._feed_visit_nodes

def collect_seen(node, **kwargs):
    "What a reader sees is found by a search; folded sources, with their private helpers, are not."
    is_folded = isinstance(node, Element) and 'tag_hide-input' in node.get('classes', [])
    if not is_folded: collect(node, **kwargs)

def setup(app):
    "Formulas as MathML, which browsers show by themselves."
    search._feed_visit_nodes = collect_seen
    app.add_html_math_renderer('mathml', (inline, None), (display, None))
