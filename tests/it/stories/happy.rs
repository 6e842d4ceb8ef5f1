//! It goes well.

use expect_test::expect;
use signalbox_domain::time::Span;
use signalbox_world::World;

#[tokio::test]
async fn a_sentence_becomes_a_reviewed_draft_change_request() {
    let world = World::default();
    let thread = world.ask("web", "Ana", "the pricing page says $9, it should say $12").await;
    world.pass(Span::minutes(10)).await;
    expect![[""]].assert_eq(&world.transcript(&thread).await);
}
