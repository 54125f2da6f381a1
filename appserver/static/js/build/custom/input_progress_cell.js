// SPDX-License-Identifier: Apache-2.0
// The column Progress of the inputs table.

import { listProgress, sentence, summary } from './progress_api.js';

export default class InputProgressCell {
    constructor(globalConfig, serviceName, el, row) {
        this.app = globalConfig.meta.name;
        this.el = el;
        this.row = row;
    }

    render() {
        listProgress(this.app)
            .then((all) => {
                const progress = all.find((each) => each.name === this.row.name);
                this.show(summary(progress), progress && sentence(progress.last_error));
            })
            .catch((error) => this.show('Not known', error.message));
    }

    show(text, hint) {
        this.el.textContent = text;
        this.el.title = text.startsWith('Up') ? '' : hint || '';
    }
}
