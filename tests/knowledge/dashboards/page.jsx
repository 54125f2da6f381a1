// Splunk's dashboard renderer with one thing of ours: its searches ask `window.search`, which the tests answer from
// the evaluator of the packaged searches. Tokens, chains, inputs, drilldowns and themes are Splunk's.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { SplunkThemeProvider } from '@splunk/themes';
import { DashboardContextProvider } from '@splunk/dashboard-context';
import DashboardCore from '@splunk/dashboard-core';
import EnterpriseViewOnlyPreset from '@splunk/dashboard-presets/EnterpriseViewOnlyPreset';
import { TimeRangeInput } from '@splunk/dashboard-inputs';
import { SplunkSearch } from '@splunk/datasources';
import DataSource from '@splunk/datasources/DataSource';
import { DataSet } from '@splunk/datasource-utils';

window.asked = 0;
window.answered = 0;

/** What SplunkSearch does, but for the search job: a chain gets its parent's search and adds its own. */
class EvaluatedSearch extends DataSource {
    static schema = SplunkSearch.schema;

    static config = SplunkSearch.config;

    constructor(options = {}, context = {}, meta = {}) {
        super(options, context, meta);
        this.parent = null;
        this.changed = false;
    }

    get search() {
        const { extend, query, queryParameters } = this.options;
        return extend
            ? { ...this.parent, queries: [...this.parent.queries, query] }
            : { queries: [query], ...queryParameters };
    }

    request({ count, offset } = {}) {
        return observer => {
            let wanted = true;
            if (!this.options.extend || this.parent) {
                window.asked += 1;
                const { search } = this;
                window
                    .search(search)
                    .then(({ fields, columns }) => {
                        if (wanted) {
                            const all = DataSet.fromJSONCols(fields.map(name => ({ name })), columns);
                            const totalCount = columns.length ? columns[0].length : 0;
                            const meta = { search, totalCount, percentComplete: 100, status: 'done', sid: this.context.id };
                            observer.next({ data: all.getPage({ count, offset }), meta });
                            observer.complete();
                        }
                    })
                    .catch(error => observer.error({ level: 'error', message: String(error) }))
                    .finally(() => {
                        window.answered += 1;
                    });
            }
            return () => {
                wanted = false;
            };
        };
    }

    getObserver() {
        return {
            next: ({ meta }) => {
                this.changed = JSON.stringify(this.parent) !== JSON.stringify(meta.search);
                this.parent = meta.search;
            },
            error: () => {},
            complete: () => {},
        };
    }

    shouldRefreshSubscription() {
        return this.changed;
    }
}

const preset = {
    ...EnterpriseViewOnlyPreset,
    // The Enterprise one is the same with the time ranges of a running Splunk.
    inputs: { ...EnterpriseViewOnlyPreset.inputs, 'input.timerange': TimeRangeInput },
    dataSources: { 'ds.search': EvaluatedSearch, 'ds.chain': EvaluatedSearch },
};

let root = null;

window.draw = (definition, colorScheme) => {
    root?.unmount();
    root = createRoot(document.getElementById('dashboard'));
    root.render(
        <SplunkThemeProvider family="enterprise" colorScheme={colorScheme} density="comfortable">
            <DashboardContextProvider preset={preset} initialDefinition={definition}>
                <DashboardCore width="100%" height="auto" />
            </DashboardContextProvider>
        </SplunkThemeProvider>
    );
};
