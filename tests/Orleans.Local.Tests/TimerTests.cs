using Orleans.Runtime;

namespace Orleans.Local.Tests;

public sealed class TimerTests
{
    [Fact]
    public async Task A_tick_waits_for_the_call_that_runs()
    {
        await using Silo silo = new();
        silo.Journal.Open("tick");
        await silo.Grain<ICounter>().Tick(1, 1, interleave: false, keepAlive: false);
        Task held = silo.Grain<ICounter>().Hold("gate");
        await silo.Journal.Seen("gate begins");
        silo.Clock.Move(TimeSpan.FromSeconds(1));
        await silo.Grain<ICounter>().Peek();
        Assert.DoesNotContain("tick", silo.Journal.Lines);
        silo.Journal.Open("gate");
        await held;
        await silo.Journal.Seen("tock");
        Assert.Equal(["gate begins", "gate ends", "tick", "tock"], silo.Journal.Lines.Skip(2));
    }

    [Fact]
    public async Task An_interleaving_tick_runs_while_a_call_waits()
    {
        await using Silo silo = new();
        silo.Journal.Open("tick");
        await silo.Grain<ICounter>().Tick(1, 1, interleave: true, keepAlive: false);
        Task held = silo.Grain<ICounter>().Hold("gate");
        await silo.Journal.Seen("gate begins");
        silo.Clock.Move(TimeSpan.FromSeconds(1));
        await silo.Journal.Seen("tock");
        Assert.False(held.IsCompleted);
        silo.Journal.Open("gate");
        await held;
    }

    [Fact]
    public async Task The_period_is_counted_from_the_end_of_a_tick()
    {
        await using Silo silo = new();
        await silo.Grain<ICounter>().Tick(1, 2, interleave: true, keepAlive: false);
        silo.Clock.Move(TimeSpan.FromSeconds(1));
        await silo.Journal.Seen("tick");
        silo.Clock.Move(TimeSpan.FromSeconds(10));
        await silo.Grain<ICounter>().Peek();
        Assert.Single(silo.Journal.Lines, line => line == "tick");
        silo.Journal.Open("tick");
        await silo.Journal.Seen("tock");
        await silo.Grain<ICounter>().Peek();
        silo.Clock.Move(TimeSpan.FromSeconds(2));
        await silo.Journal.Seen("tick", times: 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_a_tick_that_keeps_alive_counts_as_use_and_no_tick_outlives_its_activation(bool keepAlive)
    {
        await using Silo silo = new(options: options => options.CollectionAge = TimeSpan.FromSeconds(80));
        silo.Journal.Open("tick");
        await silo.Grain<ICounter>().Tick(60, 60, interleave: false, keepAlive);
        for (int minute = 1; minute <= 2; minute++)
        {
            silo.Clock.Move(TimeSpan.FromSeconds(60));
            await silo.Journal.Seen("tock", times: keepAlive ? minute : 1);
            await Task.WhenAll(silo.Engine.Live.Select(activation => activation.Drained()));
        }

        if (keepAlive)
        {
            Assert.Single(silo.Engine.Live);
            return;
        }

        await silo.Journal.Seen("deactivated");
        silo.Clock.Move(TimeSpan.FromMinutes(10));
        Assert.Single(silo.Journal.Lines, line => line == "tick");
    }

    [Fact]
    public async Task A_timer_can_be_changed_and_disposed()
    {
        await using Silo silo = new();
        IMetronome metronome = silo.Grain<IMetronome>();
        await metronome.Start();
        silo.Clock.Move(TimeSpan.FromSeconds(1));
        await silo.Journal.Seen("beat");
        await metronome.Change(60);
        silo.Clock.Move(TimeSpan.FromSeconds(59));
        await metronome.Change(60);
        Assert.Single(silo.Journal.Lines);
        silo.Clock.Move(TimeSpan.FromSeconds(60));
        await silo.Journal.Seen("beat", times: 2);
        await metronome.Stop();
        silo.Clock.Move(TimeSpan.FromMinutes(10));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => metronome.Change(1));
        Assert.Equal(2, silo.Journal.Lines.Count);
    }

    [Fact]
    public async Task A_tick_that_fails_is_followed_by_the_next()
    {
        await using Silo silo = new();
        await silo.Grain<IMetronome>("broken").Start();
        for (int beat = 1; beat <= 3; beat++)
        {
            silo.Clock.Move(TimeSpan.FromSeconds(1));
            await silo.Journal.Seen("beat", times: beat);
            await Task.WhenAll(silo.Engine.Live.Select(activation => activation.Drained()));
        }
    }
}

public interface IMetronome : IGrainWithStringKey
{
    Task Start();
    Task Change(int dueSeconds);
    Task Stop();
}

internal sealed class MetronomeGrain(Journal journal) : Grain, IMetronome
{
    IGrainTimer? timer;

    public Task Start()
    {
        timer = this.RegisterGrainTimer(Beat, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        return Task.CompletedTask;
    }

    public Task Change(int dueSeconds)
    {
        timer!.Change(TimeSpan.FromSeconds(dueSeconds), Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task Stop()
    {
        timer!.Dispose();
        return Task.CompletedTask;
    }

    Task Beat()
    {
        journal.Write("beat");
        return this.GetPrimaryKeyString() == "broken" ? throw new InvalidDataException() : Task.CompletedTask;
    }
}
