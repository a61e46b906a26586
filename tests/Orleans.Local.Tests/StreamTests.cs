using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Local.Tests;

public sealed class StreamTests
{
    static Silo WithStreams(Action<LocalEngineOptions>? options = null) => new(silo => silo.AddMemoryStreams("alerts"), options);

    static IAsyncStream<Note> Stream(Silo silo, string key = "s") =>
        silo.Client.GetStreamProvider("alerts").GetStream<Note>(StreamId.Create("ward", key));

    [Fact]
    public async Task Items_arrive_in_order_numbered_and_copied_at_a_subscriber_outside()
    {
        await using Silo silo = WithStreams();
        Note note = new("mutable", [0]);
        List<(Note, long)> seen = [];
        await Stream(silo).SubscribeAsync((item, token) =>
        {
            seen.Add((item, token.SequenceNumber));
            silo.Journal.Write("item");
            return Task.CompletedTask;
        });
        for (int i = 1; i <= 100; i++)
        {
            note.Numbers[0] = i;
            await Stream(silo).OnNextAsync(note);
        }

        await silo.Journal.Seen("item", times: 100);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (i, (long)i)), seen.Select(item => (item.Item1.Numbers[0], item.Item2)));
    }

    [Fact]
    public async Task A_slow_subscriber_holds_up_nobody_and_loses_the_oldest_items()
    {
        await using Silo silo = WithStreams(options => options.StreamQueueLimit = 10);
        List<long> slow = [];
        List<long> quick = [];
        await Stream(silo).SubscribeAsync(async (_, token) =>
        {
            slow.Add(token.SequenceNumber);
            silo.Journal.Write("slow");
            await silo.Journal.Gate("slow");
        });
        await Stream(silo).SubscribeAsync((_, token) =>
        {
            quick.Add(token.SequenceNumber);
            silo.Journal.Write("quick");
            return Task.CompletedTask;
        });
        for (int i = 1; i <= 50; i++)
        {
            await Stream(silo).OnNextAsync(new("", []));
            await silo.Journal.Seen("quick", times: i);
            await silo.Journal.Seen("slow");
        }

        silo.Journal.Open("slow");
        await silo.Journal.Seen("slow", times: 11);
        Assert.Equal([1, .. Enumerable.Range(41, 10).Select(i => (long)i)], slow);
        Assert.Equal(50, quick.Count);
    }

    [Fact]
    public async Task A_grain_gets_items_as_turns_and_after_its_deactivation_resumes_or_drops_them()
    {
        await using Silo silo = WithStreams();
        IListener listener = silo.Grain<IListener>("resumes");
        await listener.Listen("s");
        await Stream(silo).OnNextAsync(new("first", []));
        await silo.Journal.Seen("resumes got first");
        await listener.Leave();
        await silo.Journal.Seen("resumes left");
        await Stream(silo).OnNextAsync(new("second", []));
        await silo.Journal.Seen("resumes got second");
        Assert.Equal(1, await listener.Subscriptions("s"));
        Assert.Equal(0, await silo.Grain<IListener>("other").Subscriptions("s"));
        Assert.Empty(await Stream(silo).GetAllSubscriptionHandles());
        await listener.StopListening("s");
        await Stream(silo).OnNextAsync(new("third", []));
        Assert.Equal(0, await listener.Subscriptions("s"));
        Assert.DoesNotContain("resumes got third", silo.Journal.Lines);
    }

    [Fact]
    public async Task An_item_is_dropped_when_the_grain_does_not_resume()
    {
        await using Silo silo = WithStreams();
        IListener listener = silo.Grain<IListener>("forgets");
        await listener.Listen("s");
        await listener.Leave();
        await silo.Journal.Seen("forgets left");
        await Stream(silo).OnNextAsync(new("lost", []));
        await silo.Journal.Seen("forgets arrived", times: 2);
        await listener.Listen("s");
        await Stream(silo).OnNextAsync(new("heard", []));
        await silo.Journal.Seen("forgets got heard");
        Assert.DoesNotContain("forgets got lost", silo.Journal.Lines);
    }

    [Fact]
    public async Task A_subscriber_that_throws_gets_the_next_item_and_hears_of_errors_and_the_end()
    {
        await using Silo silo = WithStreams();
        StreamSubscriptionHandle<Note> handle = await Stream(silo).SubscribeAsync(
            (item, _) =>
            {
                silo.Journal.Write(item.Text);
                return item.Text == "bad" ? Task.FromException(new InvalidDataException()) : Task.CompletedTask;
            },
            error =>
            {
                silo.Journal.Write(error.Message);
                return Task.CompletedTask;
            },
            () =>
            {
                silo.Journal.Write("completed");
                return Task.CompletedTask;
            });
        await Stream(silo).OnNextAsync(new("bad", []));
        await Stream(silo).OnNextAsync(new("good", []));
        await Stream(silo).OnErrorAsync(new InvalidDataException("broken"));
        await Stream(silo).OnCompletedAsync();
        await silo.Journal.Seen("completed");
        Assert.Equal(["bad", "good", "broken", "completed"], silo.Journal.Lines);
        StreamSubscriptionHandle<Note> same = Assert.Single(await Stream(silo).GetAllSubscriptionHandles());
        Assert.Equal(handle, same);
        await same.UnsubscribeAsync();
        Assert.Empty(await Stream(silo).GetAllSubscriptionHandles());
    }
}

public interface IListener : IGrainWithStringKey
{
    Task Listen(string stream);
    Task StopListening(string stream);
    Task<int> Subscriptions(string stream);
    Task Leave();
}

internal sealed class ListenerGrain(Journal journal) : Grain, IListener
{
    IAsyncStream<Note> Stream(string key) => this.GetStreamProvider("alerts").GetStream<Note>(StreamId.Create("ward", key));

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        journal.Write($"{this.GetPrimaryKeyString()} arrived");
        if (this.GetPrimaryKeyString() != "resumes")
        {
            return;
        }

        foreach (StreamSubscriptionHandle<Note> handle in await Stream("s").GetAllSubscriptionHandles())
        {
            await handle.ResumeAsync(Hear);
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        journal.Write($"{this.GetPrimaryKeyString()} left");
        return Task.CompletedTask;
    }

    public async Task Listen(string stream) => await Stream(stream).SubscribeAsync(Hear);

    public async Task StopListening(string stream)
    {
        foreach (StreamSubscriptionHandle<Note> handle in await Stream(stream).GetAllSubscriptionHandles())
        {
            await handle.UnsubscribeAsync();
        }
    }

    public async Task<int> Subscriptions(string stream) => (await Stream(stream).GetAllSubscriptionHandles()).Count;

    public Task Leave()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    Task Hear(Note item, StreamSequenceToken token)
    {
        journal.Write($"{this.GetPrimaryKeyString()} got {item.Text}");
        Assert.Same(GrainContext, Activation.Current);
        return Task.CompletedTask;
    }
}
