// SPDX-License-Identifier: Apache-2.0
// The form of an input says so when an earlier input of the same name left its progress.

import { moment, readProgress } from './progress_api.js';

const PAUSE_MILLISECONDS = 400;
const NAME = /^[a-zA-Z]\w{0,99}$/;

function warning(progress) {
    if (progress.progress_exists !== '1' || progress.input_exists === '1') {
        return null;
    }
    const from = moment(progress.collected_up_to) || 'where that stood';
    return {
        markdownType: 'text',
        color: 'inherit',
        text:
            `⚠ An input of this name was here before, and its progress still is: this one goes on ` +
            `from ${from}, whatever its start date. Choose another name, or collect again after ` +
            'saving (expand its line in the table).',
    };
}

export default class InputForm {
    constructor(globalConfig, serviceName, state, mode, util) {
        this.app = globalConfig.meta.name;
        this.isNew = mode === 'create' || mode === 'clone';
        this.util = util;
        this.timer = 0;
    }

    onChange(field, value) {
        if (!this.isNew || field !== 'name') {
            return;
        }
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.look(String(value)), PAUSE_MILLISECONDS);
    }

    async look(name) {
        this.latest = name;
        let told = null;
        if (NAME.test(name)) {
            told = await readProgress(this.app, name).then(warning, () => null);
        }
        if (this.latest === name) {
            this.show(told);
        }
    }

    show(markdownMessage) {
        this.util.setState((state) => ({
            ...state,
            data: { ...state.data, name: { ...state.data.name, markdownMessage } },
        }));
    }
}
