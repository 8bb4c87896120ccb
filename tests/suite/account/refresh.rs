use chrono::TimeDelta;
use futures_util::future::join_all;

use super::scene::{Session, broker, is_let_in, login, refresh};
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

db_tests! {
    async fn each_token_is_exchanged_once_and_the_chain_goes_on(app: TestApp) {
        let mut session = login(&app, &broker(&app).await).await;
        for _ in 0..3 {
            let next = Session::of(&refresh(&app, &session.refresh).await.expect(200));
            assert_eq!(next.id, session.id);
            assert!(is_let_in(&app, &next.access).await);
            session = next;
        }
        // Not the end of the session is moved by it, only the token's.
        app.clock.advance(TimeDelta::days(29));
        refresh(&app, &session.refresh).await.expect(200);
    }

    async fn a_second_use_after_the_successor_was_used_ends_the_session(app: TestApp) {
        let person = broker(&app).await;
        let first = login(&app, &person).await;
        let other = login(&app, &person).await;
        let second = Session::of(&refresh(&app, &first.refresh).await.expect(200));
        assert!(is_let_in(&app, &second.access).await);
        refresh(&app, &first.refresh).await.expect(401);
        refresh(&app, &second.refresh).await.expect(401);
        assert!(!is_let_in(&app, &second.access).await);
        assert!(is_let_in(&app, &other.access).await, "the other session has nothing to do with it");
    }

    async fn any_old_token_ends_the_session_not_only_the_last(app: TestApp) {
        let first = login(&app, &broker(&app).await).await;
        let second = Session::of(&refresh(&app, &first.refresh).await.expect(200));
        let third = Session::of(&refresh(&app, &second.refresh).await.expect(200));
        refresh(&app, &first.refresh).await.expect(401);
        refresh(&app, &third.refresh).await.expect(401);
    }

    async fn a_lost_answer_is_made_good_once(app: TestApp) {
        let first = login(&app, &broker(&app).await).await;
        let lost = Session::of(&refresh(&app, &first.refresh).await.expect(200));
        let again = Session::of(&refresh(&app, &first.refresh).await.expect(200));
        refresh(&app, &first.refresh).await.expect(401);
        assert!(!is_let_in(&app, &lost.access).await, "what was lost is dead");
        assert!(is_let_in(&app, &again.access).await);
        // Whoever has the lost answer now was not its owner.
        refresh(&app, &lost.refresh).await.expect(401);
        assert!(!is_let_in(&app, &again.access).await);
    }

    async fn a_lost_answer_is_not_made_good_twice_while_nothing_is_used(app: TestApp) {
        let first = login(&app, &broker(&app).await).await;
        let lost = Session::of(&refresh(&app, &first.refresh).await.expect(200));
        let again = Session::of(&refresh(&app, &first.refresh).await.expect(200));
        refresh(&app, &first.refresh).await.expect(401);
        refresh(&app, &lost.refresh).await.expect(401);
        refresh(&app, &again.refresh).await.expect(200);
    }

    async fn sixteen_at_once_leave_one_live_branch(app: TestApp) {
        let first = login(&app, &broker(&app).await).await;
        let answers = join_all((0..16).map(|_| refresh(&app, &first.refresh))).await;
        let got: Vec<Session> = answers.iter().filter(|answer| answer.status == 200).map(Session::of).collect();
        assert_eq!(got.len(), 2, "the first, and the lost answer made good");
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 401)));
        let tried = join_all(got.iter().map(|session| refresh(&app, &session.refresh))).await;
        let live = tried.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(live, 1);
        evidence!("S2", app.engine().as_str(), "{} refreshes at once: {live} live branch; 6 cases of reuse and loss beside it", answers.len());
    }

    async fn what_was_never_a_token_of_ours_is_refused(app: TestApp) {
        let session = login(&app, &broker(&app).await).await;
        let (body, mac) = session.refresh.rsplit_once('.').unwrap();
        let later = session.refresh.replacen(".1.", ".2.", 1);
        for wrong in ["", "x", "a.b.c.d", body, &format!("{body}."), &format!("{body}.{}", mac.replace('a', "b")), &later] {
            refresh(&app, wrong).await.expect(401);
        }
        refresh(&app, &session.refresh).await.expect(200);
    }
}
