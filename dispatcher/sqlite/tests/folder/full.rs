use signalbox_ports::Error;
use signalbox_ports::store::{Recorded, Store};
use signalbox_sqlite::Folder;
use tempfile::TempDir;

use crate::story::{advance, folds, said};

#[tokio::test]
async fn a_full_disk_loses_nothing_and_work_goes_on_once_there_is_room() {
    let root = TempDir::new().unwrap();
    let mut acknowledged = 0;
    let full = {
        let folder = Folder::open_within(root.path(), 400_000).unwrap();
        loop {
            let delivery = said("t", acknowledged + 1);
            let worked = match folder.record(&delivery).await {
                Ok(_) => advance(&folder, &delivery).await.map(drop),
                Err(error) => Err(error),
            };
            match worked {
                Ok(()) => acknowledged += 1,
                Err(error) => break error,
            }
        }
    };
    assert!(matches!(&full, Error::Unavailable(why) if why.contains("make room")), "{full}");
    assert!(acknowledged > 10, "{acknowledged}");

    let folder = Folder::open(root.path()).unwrap();
    assert_eq!(folder.verify().await.unwrap().problems, Vec::<String>::new());
    assert!(folds(&folder).await);
    for number in 1..=acknowledged {
        assert_eq!(folder.record(&said("t", number)).await, Ok(Recorded::Done), "{number}");
    }
    let next = said("t", acknowledged + 1);
    assert_ne!(folder.record(&next).await, Ok(Recorded::Done), "what failed was not half done");
    advance(&folder, &next).await.unwrap();
    assert_eq!(folder.record(&next).await, Ok(Recorded::Done));
    assert!(folds(&folder).await);
}
