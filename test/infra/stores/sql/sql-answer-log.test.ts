import { createSqlAnswerLog } from '../../../../src/infra/stores/sql/sql-answer-log.js';
import { describeAnswerLogContract } from '../../../contract/answer-log.js';
import { sqlTestDatabases } from '../../../support/sql-databases.js';

for (const databases of sqlTestDatabases()) {
  describeAnswerLogContract(
    databases.name,
    async () => {
      const database = await databases.open();
      return {
        log: createSqlAnswerLog(database),
        other: createSqlAnswerLog(database),
        async feedbackOf(answerId) {
          const query = database.db.selectFrom('answer').select('feedback').where('id', '=', answerId);
          const row = await query.executeTakeFirst();
          return row === undefined || row.feedback === null ? null : JSON.parse(row.feedback);
        },
      };
    },
    databases.dispose,
  );
}
