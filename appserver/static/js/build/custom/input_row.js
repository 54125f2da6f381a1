// SPDX-License-Identifier: Apache-2.0
// What a line of the inputs table shows when it is expanded: settings, progress, collecting again.

import { backfillLeft, collectAgain, moment, readProgress, sentence } from './progress_api.js';

const BUTTON =
    'font:inherit;color:inherit;background:transparent;border:1px solid currentColor;' +
    'border-radius:3px;padding:5px 12px;margin-right:8px;cursor:pointer';
const FIELD =
    'font:inherit;color:inherit;background:transparent;border:1px solid currentColor;' +
    'border-radius:3px;padding:5px 8px;margin:0 8px;width:200px';

function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
}

function styled(name, css, properties, ...children) {
    const made = element(name, properties, ...children);
    made.style.cssText = css;
    return made;
}

function definitions(pairs) {
    const list = styled('dl', 'display:grid;grid-template-columns:250px 1fr;gap:6px 16px;margin:0');
    pairs
        .filter(([, value]) => value)
        .forEach(([label, value]) => {
            list.append(
                styled('dt', 'font-weight:600', { textContent: label }),
                styled('dd', 'margin:0', { textContent: value })
            );
        });
    return list;
}

/** A setting as the form words it; a list of values is worded one by one. */
function worded(value, mapping = {}) {
    if (value === undefined || value === null || value === '') {
        return mapping['[[default]]'];
    }
    const words = String(value).split(',');
    return words.map((word) => mapping[word] || word).join(', ');
}

function progressPairs(progress) {
    const events = progress.last_run_events === '1' ? '1 event' : `${progress.last_run_events} events`;
    const from = progress.collected_from === 'all' ? 'the beginning' : moment(progress.collected_from);
    return [
        ['Collected from', from],
        ['Collected up to', moment(progress.collected_up_to)],
        ['Backfill left', backfillLeft(progress)],
        ['Last good run', progress.last_run && `${moment(progress.last_run)}, ${events}`],
        ['Last error', sentence(progress.last_error)],
        ['What to do', sentence(progress.last_error_remedy)],
        ['When it failed', moment(progress.last_error_at)],
        ['Progress is kept in', progress.store],
    ];
}

export default class InputRow {
    constructor(globalConfig, serviceName, el, row) {
        this.app = globalConfig.meta.name;
        this.moreInfo = globalConfig.pages.inputs.table.moreInfo;
        this.el = el;
        this.row = row;
    }

    render() {
        const settings = this.moreInfo.map(({ label, field, mapping }) => [
            label,
            worded(this.row[field], mapping),
        ]);
        this.progress = element('div', { textContent: 'Asking where it stands…' });
        this.steering = element('div');
        const box = styled('div', 'display:grid;gap:12px;padding:4px 0');
        box.append(definitions(settings), this.progress, this.steering);
        this.el.replaceChildren(box);
        this.showProgress();
        this.offer();
    }

    showProgress() {
        readProgress(this.app, this.row.name)
            .then((progress) => {
                const pairs = progressPairs(progress);
                const known = pairs.some(([label, value]) => label !== 'Progress is kept in' && value);
                this.progress.replaceChildren(
                    known ? definitions(pairs) : 'This input has not run yet.'
                );
            })
            .catch((error) => {
                this.progress.textContent = `It is not known where this input stands. ${error.message}`;
            });
    }

    offer(told = '') {
        const open = styled('button', BUTTON, { type: 'button', textContent: 'Collect again from…' });
        open.onclick = () => this.ask();
        this.steering.replaceChildren(open, element('span', { role: 'status', textContent: told }));
    }

    ask() {
        const id = `collect-again-from-${this.row.name}`;
        const from = styled('input', FIELD, { type: 'text', id, placeholder: '2026-01-31' });
        const label = element('label', { htmlFor: id }, 'Collect again from (UTC)');
        const go = styled('button', BUTTON, { type: 'submit', textContent: 'Collect again' });
        const cancel = styled('button', BUTTON, { type: 'button', textContent: 'Cancel' });
        const warning = styled('p', 'margin:8px 0;max-width:60em', {
            textContent:
                '⚠ The next run collects everything from this date on once more. Events that are ' +
                'already in the index will be there twice. To avoid that, delete them first or ' +
                'choose another index. Enter a date such as 2026-01-31 or 2026-01-31T08:00:00Z, ' +
                'or the word all.',
        });
        const problem = element('p', { role: 'alert' });
        // Splunk's tables draw a ring around whatever holds the focus; the field has one of its own.
        const form = styled('form', 'box-shadow:none', {}, label, from, go, cancel, warning, problem);
        form.onsubmit = (event) => {
            event.preventDefault();
            this.reset(from.value.trim(), go, problem);
        };
        cancel.onclick = () => this.offer();
        this.steering.replaceChildren(form);
        from.focus();
    }

    reset(from, button, problem) {
        button.disabled = true;
        collectAgain(this.app, this.row.name, from)
            .then(() => {
                this.offer('The next run begins anew.');
                this.showProgress();
            })
            .catch((error) => {
                problem.textContent = error.message;
                button.disabled = false;
            });
    }
}
