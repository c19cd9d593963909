// A JSON editor: CodeMirror with what the playground needs of it, and nothing else. build.sh bundles it.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const markRanges = StateEffect.define();
const mark = Decoration.mark({ class: "cm-source" });

const marked = StateField.define({
  create: () => Decoration.none,
  update(ranges, transaction) {
    for (const effect of transaction.effects) if (effect.is(markRanges)) return effect.value;
    return transaction.docChanged ? Decoration.none : ranges;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--key)" },
    { tag: tags.string, color: "var(--string)" },
    { tag: tags.number, color: "var(--number)" },
    { tag: [tags.bool, tags.null], color: "var(--word)" },
    { tag: [tags.separator, tags.squareBracket, tags.brace], color: "var(--soft)" },
  ]),
);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", color: "var(--text)", backgroundColor: "var(--field)" },
  "&.cm-focused": { outline: "none" }, // the page draws it around the whole
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--field)", color: "var(--soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { backgroundColor: "var(--selected)" },
  ".cm-source": { backgroundColor: "var(--mark)", outline: "2px solid var(--accent)", borderRadius: "3px" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--line)", color: "var(--soft)", border: "none" },
  ".cm-matchingBracket": { backgroundColor: "transparent" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selected)" },
  ".cm-selectionMatch": { backgroundColor: "var(--line)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--card)", color: "var(--text)", border: "1px solid var(--border)" },
  ".cm-panel.cm-search": { padding: "6px 8px", fontFamily: "inherit" },
  ".cm-panel.cm-search label, .cm-textfield, .cm-button": { fontSize: "13px" },
  ".cm-textfield, .cm-button": { padding: "2px 8px", border: "1px solid var(--edge)", borderRadius: "6px", color: "var(--text)", background: "var(--field)" },
  ".cm-button:active": { background: "var(--line)" },
  ".cm-panel.cm-search [name=close]": { padding: "4px 8px", fontSize: "18px", color: "var(--text)" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--error)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--warning)" },
});

/** Scroll the editor, and nothing around it, so that `at` can be seen. */
function reveal(view, at) {
  const { top, bottom } = view.lineBlockAt(at);
  const box = view.scrollDOM;
  if (top < box.scrollTop || bottom > box.scrollTop + box.clientHeight) box.scrollTop = Math.max(0, (top + bottom - box.clientHeight) / 2);
}

const fixed = [
  lineNumbers(), foldGutter(), lintGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(),
  highlightActiveLine(), highlightSelectionMatches(), search({ top: true }), json(), colours, look, marked,
  keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap]),
  EditorState.tabSize.of(2),
  EditorView.domEventHandlers({ beforeinput: typeOver }),
];

/** Type over a selection: browsers would write style attributes, which the page's policy forbids. */
function typeOver(event, view) {
  if (event.inputType !== "insertText" || event.isComposing || !event.data || view.state.selection.main.empty) return false;
  view.dispatch({ ...view.state.replaceSelection(event.data), userEvent: "input.type", scrollIntoView: true });
  event.preventDefault();
  return true;
}

/** Put the text that `pasted` gives for a paste in place of the whole, if it gives one. */
function pasteInPlace(event, view, pasted) {
  const { from, to } = view.state.selection.main;
  const rest = view.state.sliceDoc(0, from) + view.state.sliceDoc(to);
  const text = pasted(event.clipboardData?.getData("text/plain") ?? "", rest.trim() === "");
  if (text === null) return false;
  replaceAll(view, text, { userEvent: "input.paste" });
  return true;
}

function replaceAll(view, text, more = {}) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 }, ...more });
  view.scrollDOM.scrollTop = 0;
}

/** Make an editor of `text` in `parent`. `changed()` is called after each edit; `pasted(text, whole)` may give other text for a paste. */
export function createEditor({ parent, root, label, text, changed, pasted }) {
  const extensions = [
    fixed,
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
    EditorView.updateListener.of((update) => update.docChanged && changed()),
    EditorView.domEventHandlers({ paste: (event, view) => pasteInPlace(event, view, pasted) }),
  ];
  return new Editor(new EditorView({ parent, root, state: EditorState.create({ doc: text, extensions }) }));
}

class Editor {
  constructor(view) {
    this.view = view;
  }

  text() {
    return this.view.state.doc.toString();
  }

  focus() {
    this.view.focus();
  }

  replace(text) {
    replaceAll(this.view, text);
  }

  /** Show `faults`: [{from, to, severity, message}]. */
  show(faults) {
    const end = this.view.state.doc.length;
    const within = (at) => Math.max(0, Math.min(at, end));
    const placed = faults.map(({ from, to, severity, message }) => ({ from: within(from), to: Math.max(within(from), within(to)), severity, message }));
    this.view.dispatch(setDiagnostics(this.view.state, placed));
  }

  /** Mark `ranges`: [{from, to}], and bring the first into view. */
  mark(ranges) {
    const set = Decoration.set(ranges.map(({ from, to }) => mark.range(from, to)), true);
    this.view.dispatch({ effects: markRanges.of(set) });
    if (ranges.length > 0) reveal(this.view, ranges[0].from);
  }

  /** Put the cursor at `at`. */
  goTo(at) {
    this.view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    this.view.focus();
  }
}
