//! Group commit of what becomes of claims on mails: to make a write durable takes longer than the write, so what
//! several ask for at once is committed together. Whoever comes first does all that has come by then; those who
//! come meanwhile are the next group.

use super::{Db, mail_claims::ClaimWrite};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Writes of one transaction at most.
const MOST: usize = 64;

#[derive(Debug)]
struct Waiting {
    write: ClaimWrite,
    tell: oneshot::Sender<sqlx::Result<bool>>,
}

/// The writes that wait.
#[derive(Debug, Default)]
pub struct Together {
    waiting: Mutex<Vec<Waiting>>,
    /// One group at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Together {
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        // The list is whole, whoever died beside it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `write` and makes it durable. What it says is what it says alone, and what goes wrong with another
    /// does not touch it.
    ///
    /// # Errors
    /// When the database cannot, or whoever was doing it was broken off.
    pub(super) async fn write(&self, db: &Db, write: ClaimWrite) -> sqlx::Result<bool> {
        let (tell, mut told) = oneshot::channel();
        self.waiting().push(Waiting { write, tell });
        loop {
            let _turn = self.turn.lock().await;
            match told.try_recv() {
                Ok(said) => return said,
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err(sqlx::Error::WorkerCrashed);
                }
                // Nobody has done it yet.
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            let group: Vec<Waiting> = {
                let mut waiting = self.waiting();
                let most = waiting.len().min(MOST);
                waiting.drain(..most).collect()
            };
            finish(db, group).await;
        }
    }
}

/// Does a group, and says to each what came of its own.
async fn finish(db: &Db, group: Vec<Waiting>) {
    let writes: Vec<&ClaimWrite> = group.iter().map(|it| &it.write).collect();
    let mut said = Vec::with_capacity(group.len());
    match commit(db, &writes).await {
        Ok(all) => said.extend(all.into_iter().map(Ok)),
        // One of the statements, perhaps: which of them shows where each is alone.
        Err(sqlx::Error::Database(_)) if group.len() > 1 => {
            let mut failed = 0;
            for write in &writes {
                // Where it is not one of them alone, nobody is made to wait for the others to fail.
                if failed > 1 {
                    break;
                }
                let one = commit(db, &[write]).await;
                failed += usize::from(one.is_err());
                said.push(one.map(|said| said.first().copied().unwrap_or_default()));
            }
        }
        // The database does not answer: as for one, so for all.
        Err(error) => said.push(Err(error)),
    }
    let rest = std::iter::repeat_with(|| Err(sqlx::Error::WorkerCrashed));
    for (it, said) in group.into_iter().zip(said.into_iter().chain(rest)) {
        // Whoever does not wait for it any more was broken off.
        _ = it.tell.send(said);
    }
}

/// Does these in one transaction.
async fn commit(db: &Db, writes: &[&ClaimWrite]) -> sqlx::Result<Vec<bool>> {
    let mut tx = db.begin().await?;
    let mut said = Vec::with_capacity(writes.len());
    for write in writes {
        said.push(write.run(&mut tx).await?);
    }
    tx.commit().await?;
    Ok(said)
}
