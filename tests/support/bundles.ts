import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { projectRoot } from '../../services/config';
import { failureConverterPath } from '../../temporal-config/data-converter';

/** The product's workflows as another version has them: with this file in the place of `workflows/renewal.ts`. */
export function bundleVersion(renewal: 'absent' | 'unguarded'): Promise<{ code: string }> {
  const replaced = join(projectRoot(), 'workflows', 'renewal.ts');
  return bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows'),
    failureConverterPath,
    webpackConfigHook: (config) => ({
      ...config,
      resolve: {
        ...config.resolve,
        alias: { ...config.resolve?.alias, [replaced]: join(__dirname, 'renewals', `${renewal}.ts`) },
      },
    }),
  });
}
