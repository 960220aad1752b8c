"""Writes what transformers makes of chat templates: Tests/Fixtures/chat.

    python3 Scripts/golden_chat.py

Needs transformers, jinja2 and tokenizers. `snippets.json` holds small templates, each with what it gives
or that it is refused; `rendered.json` what the templates of Tests/Fixtures/chat/templates make of made-up
conversations; `masks.json` token ids of conversations and which of them belong to answers: by
`return_assistant_tokens_mask` where a template has generation tags, else by rendering prefixes, the way
trainers do that have no tags. Its tokenizer is that of Examples/Models/tiny. `many.json` holds 200
conversations, and of their texts, token ids and masks in each template only the beginning of a SHA-256.
"""

import hashlib
import json
import pathlib

import transformers.utils.chat_template_utils as utils
from compare_chat import TOKENS, Clock, conversations, reference
from transformers import PreTrainedTokenizerFast

ROOT = pathlib.Path(__file__).parent.parent
FOLDER = ROOT / "Tests/Fixtures/chat"

DATA = {
    "n": 7, "f": 2.5, "s": "Grüße, e\u0301 <b> 'x'", "none": None, "yes": True, "empty": "", "l": [3, 1, 2],
    "d": {"b": 1, "a": [1, {"c": None}], "items": "taken"},
    "m": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "b", "n": 2},
          {"role": "user", "content": "C"}],
    "text": " one, two;three \n", "big": 1e20, "small": 1e-5, "tenth": 0.1,
}

SNIPPETS = """
{{ n }} {{ f }} {{ s }} {{ none }} {{ yes }} {{ big }} {{ small }} {{ tenth }} {{ 1e16 }} {{ 123456789.0 }}
{{ l }} {{ d }} {{ (1, 'a') }} {{ (1,) }} {{ [] }} {{ {} }} {{ ['a\\n', "it's", '"'] }}
{{ undefined }}|{{ undefined.x is defined }}
{{ d.missing }}|{{ d['missing'] is undefined }}
{{ undefined.x }}
{{ m[0].role }} {{ m[-1]['content'] }} {{ m.0.role }} {{ s[0] }} {{ s[-1] }} {{ s[99] }} {{ l[1:] }} {{ l[::-1] }}
{{ s[::2] }} {{ s[5:1:-1] }} {{ s[-3:] }} {{ l[:2] }} {{ l[9:] }} {{ l[-99:99] }} {{ text[1:4] }}
{{ d.items() | list }} {{ d['items'] }} {{ d.keys() | list }} {{ d.get('a') }} {{ d.get('z', 4) }} {{ d.get('z') }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 7.5 % 2 }} {{ -n }} {{ +n }} {{ 1 + 1.5 }}
{{ 1 / 0 }}
{{ 'a' * 3 }} {{ [1] * 2 }} {{ 'a' + 'b' }} {{ [1] + [2] }} {{ 'a' ~ 1 ~ none ~ undefined }}
{{ 'a' + 1 }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ 1 == 1.0 }} {{ 1 == True }} {{ 'é' == 'é' }} {{ [1, 2] < [1, 3] }}
{{ 'a' < 1 }}
{{ 'x' in s }} {{ 2 in l }} {{ 'b' in d }} {{ 'z' not in d }} {{ 'q' in undefined }} {{ not n }} {{ n and 0 }} {{ 0 or 'z' }}
{{ 1 in 'abc' }}
{{ 'yes' if n > 3 else 'no' }} {{ 'a' if false }}| {{ 'a' if n else 'b' if f else 'c' }} {{ ('x' if true) }}
{{ s | upper }} {{ s | lower }} {{ s | length }} {{ l | length }} {{ d | length }} {{ s | capitalize }} {{ 'two words-here' | title }}
{{ text | trim }}| {{ 'xxaxx' | trim('x') }} {{ n | string + 'a' }} {{ l | first }} {{ l | last }} {{ [] | first }} {{ l | join(', ') }} {{ l | join }}
{{ l | sort }} {{ l | sort(reverse=true) }} {{ ['b', 'A', 'a'] | sort }} {{ ['b', 'A', 'a'] | unique | list }} {{ l | reverse | list }} {{ 'abc' | reverse }}
{{ l | sum }} {{ l | min }} {{ l | max }} {{ -3 | abs }} {{ 2.567 | round(2) }} {{ 2.5 | round }} {{ '12' | int }} {{ '1.9' | int }} {{ 'x' | int(5) }} {{ '2' | float }}
{{ m | map(attribute='content') | list }} {{ m | map(attribute='n', default=0) | list }} {{ ['a', 'b'] | map('upper') | join }} {{ m | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('-') }}
{{ m | rejectattr('n', 'defined') | list | length }} {{ m | selectattr('n') | list | length }} {{ l | select('odd') | list }} {{ l | reject('gt', 2) | list }}
{{ d | tojson }} {{ s | tojson }} {{ big | tojson }} {{ l | tojson(indent=2) }} {{ d | tojson(sort_keys=true, ensure_ascii=true) }} {{ d | tojson(separators=(',', ':')) }}
{{ {'k': [], 'e': {}, 't': (1, 2), 'q': '\\u2028\\x07"\\\\'} | tojson(indent=4) }}
{{ undefined | tojson }}
{{ 'a\\x7f\\x80<' | tojson }} {{ 'a\\x7f\\x80<' | tojson(ensure_ascii=true) }}
{{ 2.5 | round }} {{ 3.5 | round }} {{ -0.4 | round }} {{ 2.675 | round(2) }} {{ 1.35 | round(1) }} {{ 25.0 | round(-1) }} {{ 3 | round }} {{ 25 | round(-1) }} {{ -35 | round(-1) }} {{ yes | round }} {{ 1e300 | round(15) }} {{ 5e-324 | round(400) }} {{ 5e-324 | round(300) }} {{ 1.5 | round(-400) }} {{ 9.99 | round(1) }} {{ 0.5 | round(none) }} {{ 123456.789 | round(-4) }} {{ 4.35 | round(17) }}
{{ 2.1 | round(method='ceil') }} {{ 2.15 | round(1, 'floor') }} {{ -0.5 | round(0, 'ceil') }} {{ 15 | round(-1, 'ceil') }} {{ 3 | round(2, 'floor') }} {{ 2.1 | round(300, 'ceil') }}
{{ 2.1 | round(0, 'up') }}
{{ 2.1 | round(400, 'ceil') }}
{{ 1.7e308 | round(-308) }}
{{ '0x1f' | int }} {{ '0x1f' | int(0, 16) }} {{ '1f' | int(base=16) }} {{ '-0b11' | int(0, 0) }} {{ '0o17' | int(0, 8) }} {{ '010' | int(5, 0) }} {{ '0x_1f' | int(0, 16) }} {{ '1_000' | int }} {{ '_1' | int }} {{ '1__0' | int(3) }} {{ '1e3' | int }} {{ '1e3' | int(0, 16) }} {{ '12' | int(0, 37) }} {{ '1_0.5' | int }} {{ 'inf' | int(1) }} {{ 'nan' | int(2) }} {{ '1e400' | int(4) }} {{ '\u0663' | int }} {{ ' +5 ' | int }} {{ '- 5' | int }} {{ none | int }} {{ [] | int(4) }} {{ '-9223372036854775808' | int }} {{ 'z' | int(0, 36) }}
{{ '0x1f' | float }} {{ '1_0' | float }} {{ '1_.5' | float(2) }} {{ '-Infinity' | float }} {{ '.5' | float }} {{ '5.' | float }} {{ 'nan' | float }} {{ '1e5_0' | float }} {{ '++1' | float(3) }} {{ '--inf' | float(3) }}
{{ q | int }}
{{ 'ΑΣ ΣΑΣ Σ Α.Σ. ΑΣ:Α ΑΣ\u0301 Α\u00adΣ ΑΣ-Σ' | lower }} {{ 'ΟΔΟΣ'.lower() }} {{ 'ΣΑΣ' | capitalize }} {{ 'aΣ' | title }} {{ 'ΟΔΟΣ-ΟΔΟΣ' | title }} {{ 'ΟΔΟΣ ΟΔΟΣ'.title() }} {{ ['ΑΣ', 'ας', 'ασ'] | unique | list }} {{ '\u0130' | lower }}
{{ undefined | default('x') }} {{ none | default('x') }} {{ '' | default('x', true) }} {{ undefined | d }} {{ d | items | list }} {{ d | dictsort | first }}
{{ 'a-b-a' | replace('a', 'x') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 'ab' | replace('', '-') }} {{ 'a\\nb\\n' | indent }} {{ 'a\\n\\nb' | indent(2, true) }} {{ text | safe }}
{{ text.strip() }}| {{ text.lstrip() }}| {{ text.rstrip() }}| {{ 'xay'.strip('xy') }} {{ text.split() }} {{ 'a,b,,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b  c'.split(none, 1) }} {{ 'a,b,c'.rsplit(',', 1) }}
{{ 'abc'.startswith('a') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abc'.replace('b', '') }} {{ 'abc'.find('c') }} {{ 'aba'.rfind('a') }} {{ 'aba'.count('a') }} {{ '-'.join(['a', 'b']) }} {{ 'aXb'.lower().upper() }} {{ "they're here".title() }} {{ 'a\\nb'.splitlines() }} {{ 'ab'.removeprefix('a') }}
{{ n is defined }} {{ q is defined }} {{ none is none }} {{ n is none }} {{ s is string }} {{ d is mapping }} {{ l is iterable }} {{ n is iterable }} {{ l is sequence }} {{ s is sequence }} {{ yes is true }} {{ n is true }} {{ yes is boolean }} {{ n is number }} {{ f is float }} {{ n is integer }} {{ yes is integer }} {{ n is odd }} {{ n is even }} {{ 9 is divisibleby 3 }} {{ n is eq 7 }} {{ n is not none }} {{ range is callable }} {{ 2 is in l }} {{ none is sameas none }}
{% for x in l %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ ',' if not loop.last }}{% endfor %} {% for x in [] %}a{% else %}none{% endfor %} {% for x in l if x > 1 %}{{ loop.index0 }}{{ x }}{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %} {% for (a, b) in [[1, 2]] %}{{ a }}{{ b }}{% endfor %} {% for c in 'añ' %}{{ c }}.{% endfor %} {% for x in d %}{{ x }}{% endfor %} {% for x in undefined %}x{% endfor %}
{% for x in l %}{{ loop.previtem }}<{{ x }}<{{ loop.nextitem }} {{ loop.first }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{% endfor %}
{% for x in none %}{% endfor %}
{% for x in range(5) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %} {{ range(2, 8, 3) | list }} {{ range(3, 0, -1) | list }}
{% set x = 1 %}{% for y in l %}{% set x = y %}{% endfor %}{{ x }} {% set ns = namespace(x=1) %}{% for y in l %}{% set ns.x = ns.x + y %}{% endfor %}{{ ns.x }} {% set a, b = 1, 2 %}{{ a }}{{ b }} {% if true %}{% set x = 5 %}{% endif %}{{ x }}
{% set x %}a {{ n }}{% endset %}{{ x }}{% set y | upper | trim %} b {% endset %}[{{ y }}]
{% set n.x = 1 %}
{% macro f(a, b='B', c=a) %}({{ a }}{{ b }}{{ c }}){% endmacro %}{{ f(1) }}{{ f(1, c=3) }}{{ f(b=2, a=0) }} {{ f() }}
{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{% endmacro %}{{ f(z=2) }}
{% macro g(x) %}{% if x > 0 %}{{ x }}{{ g(x - 1) }}{% endif %}{% endmacro %}{{ g(3) }} {% set z = 9 %}{% macro h() %}{{ z }}{{ n }}{% endmacro %}{{ h() }}{% set z = 8 %}{{ h() }}
{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}
{{ raise_exception('no') }}
{{ strftime_now('%d %b %Y %H:%M:%S %A %B %j %y %-d %I %p %%') }}
{{ dict(a=1, b=2) }} {{ dict(d, z=3)['z'] }} {{ namespace({'q': 4}).q }}
{% raw %}{{ x }} {% if %}{% endraw %} {# a {{ comment }} #}b {{ 'a' 'b' }} {{ "\\x41\\u00e9\\t\\q\\'" }} {{ 1_000 }} {{ 1.5e3 }}
a {%- if true -%}  b  {%- endif -%} c {{- ' d ' -}} e
  {% if true %}|x{% endif %}|
{{ n|string|length }} {{ (n|string)[0] }} {{ -3|abs }} {{ not n == 7 }} {{ 1 + 2 * 3 - 4 }} {{ 2 * 3 ~ 4 + 5 * 0 }}
{% generation %}a{% set q = 1 %}{% endgeneration %}{{ q }}
{% if %}x{% endif %}
{{ n n }}
{{ (1 }}
{% for x in l %}
{{ x | nofilter }}
{{ x is notest }}
{% unknown %}
{{ "abc }}
{{ l.append(1) }}
{{ n.real.x.y }}
{{ n[0] }}| {{ none.x }}| {{ none['x'] }}| {{ 'abc'.foo }}|
{{ none.x.y }}
{{ undefined() }}
{{ 'a' is string and 'b' is not string or n is number }} {{ s is string and s | length > 3 }} {{ l is defined and l[0] == 3 }}
{{ [1, 2,] }} {{ {'a': 1,}.a }} {{ {'a': 1, 'a': 2} }} {{ {1: 2}[1] }} {{ (n) }} {{ () }}
{{ (-1) ** 3 }} {{ (-1) ** 101 }} {{ (-1) ** 100 }} {{ (-2) ** 63 }} {{ 0 ** 0 }} {{ 1 ** 999999 }} {{ 2 ** 62 }} {{ -2 ** 2 }} {{ 2 ** 3 ** 2 }}
{{ -7 // -2 }} {{ -7 % -2 }} {{ 7 // -2 }} {{ -7.5 // 2 }} {{ -7.5 % 2 }} {{ 7.5 // -2 }} {{ 7.5 % -2 }} {{ 1 // 0.1 }} {{ -6.0 % 3 }} {{ 6.0 % -3 }} {{ -0.0 // 3 }} {{ 6 % -3 }}
{{ {1: 'a', 1.0: 'b', True: 'c'} }} {{ {(1, 2): 3}[(1, 2)] }} {{ {'a': 1}[['a']] }} {{ {0.0: 1}[-0.0] }} {{ 9007199254740993 == 9007199254740992.0 }} {{ 9007199254740993 > 9007199254740992.0 }}
{{ {[1]: 2} }}
{{ [1] in {1: 2} }}
{{ {1: 2}.get([1]) }}
{{ [[1], [1]] | unique | list }}
{% for x in [1, 2] %}{% macro f() %}{{ x }}{{ loop.index }}{% endmacro %}{{ f() }}{% endfor %}{{ f is defined }}
{% macro f() %}{{ x }}{{ loop }}{% endmacro %}{% for x in [1, 2] %}{{ f() }}{% endfor %}{% with x = 3 %}{{ f() }}{% endwith %}|
{% set y = 1 %}{% macro f() %}{{ y }}{% set y = 2 %}{{ y }}{% endmacro %}{{ f() }}{{ y }} {% macro g(a) %}{% set a = 5 %}{{ a }}{{ h(a) }}{% endmacro %}{% macro h(b) %}{{ a }}{{ b }}{% endmacro %}{{ g(1) }}
{% macro f() %}{% for x in [1, 2, 3] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}{{ x }}{% endmacro %}{% set x = 9 %}{{ f() }}{{ x }}
{% macro f() %}{{ loop.index }}{% endmacro %}{% for x in [1] %}{{ f() }}{% endfor %}
{% macro f(x, x) %}{% endmacro %}{{ f(1) }}
{{ 'aaaa'.rfind('aa') }} {{ 'aaaaa'.count('aa') }} {{ 'aaa'.rsplit('aa') }} {{ 'ababab' | replace('abab', '-') }} {{ ''.split() }} {{ ' a b '.split(' ') }} {{ 'aaab' in 'aaaaab' }}
{{ m | selectattr('content', 'in', ['A', 'b']) | list | length }} {{ (m | last).role }} {{ m | length - 1 }} {{ m[loop] is defined }}
{{ True }} {{ None }} {{ true and none }} {{ 10 == 10.0 }} {{ 'b' in ['a', 'b'] and 'x' not in 'abc' }} {{ 'ß' | upper }} {{ 'ǆ' | capitalize }}
""".strip("\n").split("\n")

# With line ends, for the rules of white space.
SNIPPETS += [
    "{% if true %}\n  a\n{% endif %}\n b\n", "a\n  {% set x = 1 %}  \n b {{ x }}\n\n", "x {% if true %}\n{% endif %}\ny",
    "  {%+ if true %}a{% endif +%}\n b", "{# c #}\n  {# d #}\nz", "a  \n\n {%- if true -%} \n\n b {%- endif %}\n\nc",
    "{{ 'a' }}\n{{ 'b' }}\n", "a\r\nb\r{{ 1 }}\r\n", " {% for x in [1,2] %}\n  {{ x }}\n {% endfor %}\n.",
    "{%- for x in [1, 2] %}\n{{- x }}\n{%- endfor %}", "{% raw %}\n a {% x %}\n{% endraw %}\nb", "\t{% if true %} a{% endif %}",
]

# Conversations for masks, in words that the tiny tokenizer has.
CHATS = [
    [["user", "Who was there?"], ["assistant", "A little dog."]],
    [["system", "Be short."], ["user", "Hi"], ["assistant", " Yes. "], ["user", "And?"], ["assistant", "\nNo"]],
    [["user", "a"], ["assistant", "b"], ["user", "c"], ["assistant", "d"], ["user", "e"], ["assistant", "f"]],
    [["user", "Go on"], ["assistant", ""], ["user", "Well?"], ["assistant", "Grüße, 世界 🙂"], ["user", "no end"]],
    [["user", "x"], ["assistant", "<think>\nhm\n</think>\n\nThe end."], ["user", "y"], ["assistant", "z"]],
]


def tiny_tokenizer():
    return PreTrainedTokenizerFast(
        tokenizer_file=str(ROOT / "Examples/Models/tiny/tokenizer.json"), bos_token="<s>", eos_token="</s>"
    )


def masked(tokenizer, template, messages, tools=None):
    """The text, its token ids, and which of them belong to answers; None where transformers refuses."""

    def render(messages, prompt=False):
        return tokenizer.apply_chat_template(
            messages, chat_template=template, tokenize=False, add_generation_prompt=prompt, tools=tools
        )

    try:
        text = render(messages)
    except Exception:
        return None
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    row = {"text": text, "ids": encoded["input_ids"]}
    if "generation %}" in template:
        row["mask"] = tokenizer.apply_chat_template(
            messages, chat_template=template, tools=tools, return_dict=True,
            return_assistant_tokens_mask=True,
        )["assistant_masks"]
        return row
    spans = []
    for index, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        try:
            start, end = render(messages[:index], True), render(messages[: index + 1])
        except Exception:
            spans = None
            break
        if not (text.startswith(start) and text.startswith(end)):
            spans = None
            break
        spans.append((len(start), len(end)))
    # Where a prefix is not the beginning of the whole, there is nothing to compare with.
    row["mask"] = spans if spans is None else [
        int(any(a < end and start < b for start, end in spans)) for a, b in encoded["offset_mapping"]
    ]
    return row


def masks():
    tokenizer = tiny_tokenizer()
    found = {}
    for path in sorted((FOLDER / "templates").glob("*.jinja")):
        template = path.read_text(encoding="utf-8")
        rows = []
        for chat in CHATS:
            row = masked(tokenizer, template, [{"role": role, "content": text} for role, text in chat])
            rows.append(row and {"ids": row["ids"], "mask": row["mask"]})
        found[path.stem] = rows
    return found


def digest(value):
    """The first 12 hexadecimal digits of the SHA-256 of a text, or of numbers with commas between."""
    text = value if isinstance(value, str) else ",".join(map(str, value))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def many(count):
    """Conversations in every order of roles, and digests of what each template makes of them."""
    tokenizer = tiny_tokenizer()
    chats = [
        {"messages": given["messages"]} | ({"tools": given["tools"]} if given["tools"] else {})
        for given in conversations(count, 7)
    ]
    for chat in chats:
        for message in chat["messages"]:
            if "tool_calls" not in message:
                message.setdefault("content", "")
            if isinstance(message.get("content"), str):
                message["content"] = message["content"][:60]
    found = {}
    for path in sorted((FOLDER / "templates").glob("*.jinja")):
        template = path.read_text(encoding="utf-8")
        rows = []
        for chat in chats:
            row = masked(tokenizer, template, chat["messages"], chat.get("tools"))
            if row is None:
                rows.append(None)
                continue
            mask = row["mask"]
            places = mask and [place for place, counts in enumerate(mask) if counts and place > 0]
            rows.append([digest(row["text"]), digest(row["ids"]), None if mask is None else digest(places)])
        found[path.stem] = rows
    return {"conversations": chats, "templates": found}


def write(name, value):
    text = json.dumps(value, ensure_ascii=False)
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")
    print(name, len(text.encode()))


def shown(result):
    return {"refused": True} if "error" in result else result


def main():
    utils.datetime = Clock
    nothing = {"messages": [], "tools": None, "documents": None, "add_generation_prompt": False}
    write("snippets.json", {"data": DATA, "snippets": [
        {"template": template, **shown(reference(template, {**nothing, **DATA}))} for template in SNIPPETS
    ]})
    made = list(conversations(18, 3))
    for given in made:
        for message in given["messages"]:
            if isinstance(message.get("content"), str):
                message["content"] = message["content"][:60]
    rendered = {
        path.stem: [shown(reference(path.read_text(encoding="utf-8"), given)) for given in made]
        for path in sorted((FOLDER / "templates").glob("*.jinja"))
    }
    write("rendered.json", {"conversations": made, "rendered": rendered})
    write("many.json", many(200))
    write("masks.json", {"chats": CHATS, "templates": masks(), "tokens": TOKENS})


if __name__ == "__main__":
    main()
