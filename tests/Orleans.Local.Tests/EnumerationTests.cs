using Orleans.Runtime;

namespace Orleans.Local.Tests;

public sealed class EnumerationTests
{
    [Fact]
    public async Task Items_arrive_in_order_over_several_batches_and_the_grain_may_be_called_meanwhile()
    {
        await using Silo silo = new();
        int expected = 0;
        await foreach (Note note in silo.Grain<ICounter>().Count(1000, ""))
        {
            Assert.Equal(++expected, note.Numbers[0]);
            if (expected % 250 == 0)
            {
                await silo.Grain<ICounter>().Add(1);
            }
        }

        Assert.Equal(1000, expected);
        Assert.Equal(5, await silo.Grain<ICounter>().Add(1));
        Assert.Contains("enumerator disposed", silo.Journal.Lines);
    }

    [Fact]
    public async Task Items_that_are_there_arrive_before_the_grain_has_more()
    {
        await using Silo silo = new();
        await using IAsyncEnumerator<Note> items = silo.Grain<ICounter>().Count(2, "gate").GetAsyncEnumerator();
        Assert.True(await items.MoveNextAsync());
        Assert.True(await items.MoveNextAsync());
        ValueTask<bool> third = items.MoveNextAsync();
        await silo.Journal.Seen("gate begins");
        Assert.False(third.IsCompleted);
        silo.Journal.Open("gate");
        Assert.True(await third);
        Assert.Equal("last", items.Current.Text);
        Assert.False(await items.MoveNextAsync());
    }

    [Fact]
    public async Task An_exception_arrives_after_the_items_before_it()
    {
        await using Silo silo = new();
        List<Note> seen = [];
        InvalidDataException thrown = await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (Note note in silo.Grain<ICounter>().Count(3, "throw"))
            {
                seen.Add(note);
            }
        });
        Assert.Equal(("no more", 3), (thrown.Message, seen.Count));
    }

    [Fact]
    public async Task An_enumeration_that_an_engine_refuses_fails_as_a_call_does()
    {
        await using Silo silo = new();
        await silo.Engine.StopAsync(CancellationToken.None);
        await Assert.ThrowsAsync<SiloUnavailableException>(async () =>
        {
            await foreach (Note note in silo.Grain<ICounter>().Count(1, ""))
            {
                Assert.Fail($"{note} came from nowhere.");
            }
        });
    }

    [Fact]
    public async Task Leaving_early_disposes_the_grains_enumerator()
    {
        await using Silo silo = new();
        await foreach (Note note in silo.Grain<ICounter>().Count(1000, ""))
        {
            break;
        }

        await silo.Journal.Seen("enumerator disposed");
    }

    [Fact]
    public async Task A_cancelled_wait_ends_at_once_and_stops_the_grains_enumerator()
    {
        await using Silo silo = new();
        using CancellationTokenSource cancellation = new();
        List<Note> seen = [];
        Task reading = Read();
        await silo.Journal.Seen("gate begins");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await silo.Journal.Seen("enumerator disposed");

        async Task Read()
        {
            await foreach (Note note in silo.Grain<ICounter>().Count(2, "gate").WithCancellation(cancellation.Token))
            {
                seen.Add(note);
            }
        }
    }

    [Fact]
    public async Task A_wait_for_an_item_keeps_a_grain_from_idling_but_not_from_leaving()
    {
        await using Silo silo = new();
        await using IAsyncEnumerator<Note> items = silo.Grain<ICounter>().Count(0, "gate").GetAsyncEnumerator();
        ValueTask<bool> next = items.MoveNextAsync();
        await silo.Journal.Seen("gate begins");
        silo.Clock.Move(TimeSpan.FromHours(1));
        Assert.False(next.IsCompleted);
        await silo.Grain<ICounter>().Leave();
        await Assert.ThrowsAsync<EnumerationAbortedException>(async () => await next);
        await silo.Journal.Seen("deactivated");
        Assert.Equal(["enumerator disposed", "deactivating ApplicationRequested", "deactivated"], silo.Journal.Lines.TakeLast(3));
    }
}
