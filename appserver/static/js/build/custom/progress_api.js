// SPDX-License-Identifier: Apache-2.0
// Asks the add-on where its inputs stand. No library: what Splunk Web gives every page is enough.

const ENDPOINT = 'ta_invicti_auditlogs_progress';
const FRESH_MILLISECONDS = 5000;
const DAY_SECONDS = 86400;

let listed = null;
let listedAt = 0;

function endpoint(app, name) {
    const splunkd = window.$C.SPLUNKD_PATH;
    const path = `${splunkd}/servicesNS/nobody/${encodeURIComponent(app)}/${ENDPOINT}`;
    return name
        ? `${path}/${encodeURIComponent(name)}?output_mode=json`
        : `${path}?output_mode=json&count=-1`;
}

function formKey() {
    const name = `splunkweb_csrf_token_${window.$C.MRSPARKLE_PORT_NUMBER}=`;
    const cookie = document.cookie.split('; ').find((each) => each.startsWith(name));
    return cookie ? cookie.slice(name.length) : '';
}

async function request(url, options) {
    const response = await fetch(url, {
        credentials: 'include',
        headers: {
            'Content-Type': 'application/x-www-form-urlencoded',
            'X-Requested-With': 'XMLHttpRequest',
            'X-Splunk-Form-Key': formKey(),
        },
        ...options,
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
        const told = answer.messages && answer.messages[0] && answer.messages[0].text;
        throw new Error(told || `Splunk answered HTTP ${response.status}.`);
    }
    return answer.entry.map((entry) => ({ ...entry.content, name: entry.name }));
}

/** Progress of all inputs, asked for once for all lines of the table. */
export function listProgress(app) {
    if (!listed || Date.now() - listedAt > FRESH_MILLISECONDS) {
        listedAt = Date.now();
        listed = request(endpoint(app));
    }
    return listed;
}

/** Progress of one input, also of one that does not exist any more. */
export async function readProgress(app, name) {
    return (await request(endpoint(app, name)))[0];
}

/** Resets an input; whoever calls this has warned of doubled events. */
export async function collectAgain(app, name, from) {
    listed = null;
    const body = new URLSearchParams({ collect_from: from, confirm: '1' });
    return (await request(endpoint(app, name), { method: 'POST', body }))[0];
}

/** '2026-01-31T08:00:00Z' as a person reads it. */
export function moment(text) {
    return text ? text.replace('T', ' ').replace(/(:\d\d)?Z$/, ' UTC') : '';
}

/** What is left of the backfill, roughly. */
export function backfillLeft(progress) {
    const seconds = Number(progress.backfill_left_seconds || 0);
    if (!seconds) {
        return '';
    }
    const days = Math.max(1, Math.round(seconds / DAY_SECONDS));
    return days === 1 ? '1 day' : `${days} days`;
}

/** A text that was the middle of a sentence, as one. */
export function sentence(text) {
    return text ? `${text[0].toUpperCase()}${text.slice(1)}`.replace(/([^.])$/, '$1.') : '';
}

/** Where an input stands, in a few words. */
export function summary(progress) {
    if (!progress || (progress.progress_exists !== '1' && progress.failing !== '1')) {
        return 'No run yet';
    }
    if (progress.failing === '1') {
        return '⚠ Failing';
    }
    if (backfillLeft(progress)) {
        return `Backfill: ${backfillLeft(progress)} left`;
    }
    if (progress.collected_up_to) {
        return `Up to ${moment(progress.collected_up_to)}`;
    }
    return 'First run under way';
}
