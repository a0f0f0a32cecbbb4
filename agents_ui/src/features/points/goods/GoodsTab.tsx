import { Alert, Skeleton } from 'antd';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { AllOrders } from './AllOrders';
import { Catalogue } from './Catalogue';
import { ForElder } from './ForElder';
import { useCatalogue } from './queries';
import '../points.css';

/** /points/goods?elder={id}: what partners offer for points, and ordering of it for an elder. */
export function GoodsTab() {
  const { me } = useConsole();
  const found = useCatalogue();
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  return (
    <div data-testid="points-goods">
      <ForElder partners={found.data} />
      {found.data.length > 0 && <AllOrders partners={found.data} />}
      <Catalogue partners={found.data} mayWrite={may(me, 'points:write')} />
    </div>
  );
}
