"Sphinx settings. Outputs stored in the notebooks are shown, nothing is run, and no page needs the network."
from configparser import ConfigParser
from pathlib import Path
from latex2mathml.converter import convert

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
html_static_path = [str(HERE/'static')]
html_css_files = ['site.css']
html_copy_source = html_show_copyright = False
html_math_renderer = 'mathml'

def inline(self, node): self.body.append(convert(node.astext()))
def display(self, node): self.body.append('<div class="math">' + convert(node.astext(), display='block') + '</div>')
def leave(self, node): pass

def setup(app):
    "Formulas as MathML, which browsers show by themselves."
    from docutils.nodes import SkipNode
    def only(visit):
        def run(self, node):
            visit(self, node)
            raise SkipNode
        return run
    app.add_html_math_renderer('mathml', (only(inline), None), (only(display), None))
