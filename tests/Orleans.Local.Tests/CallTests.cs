using Orleans.Runtime;

namespace Orleans.Local.Tests;

public sealed class CallTests
{
    [Fact]
    public async Task A_grain_is_activated_by_its_first_call_and_knows_its_key()
    {
        await using Silo silo = new();
        ICounter counter = silo.Grain<ICounter>("patient 1");
        Assert.Empty(silo.Journal.Lines);
        Assert.Equal("patient 1", await counter.Key());
        await counter.Add(1);
        Assert.Equal(["activating", "activated"], silo.Journal.Lines);
    }

    [Fact]
    public async Task Grains_of_other_keys_and_other_classes_are_others()
    {
        await using Silo silo = new();
        await silo.Grain<ICounter>("a").Add(1);
        await silo.Grain<ICounter>("b").Add(10);
        await silo.Grain<IInterleaving>("a").Add(100);
        Assert.Equal(2, await silo.Grain<ICounter>("a").Add(1));
        Assert.Equal(12, await silo.Grain<ICounter>("b").Add(2));
        Assert.Equal(102, await silo.Grain<IInterleaving>("a").Add(2));
    }

    [Fact]
    public async Task An_exception_crosses_with_its_type_and_message()
    {
        await using Silo silo = new();
        InvalidDataException thrown = await Assert.ThrowsAsync<InvalidDataException>(() => silo.Grain<ICounter>().Throw("bad unit"));
        Assert.Equal("bad unit", thrown.Message);
        Assert.Equal(1, await silo.Grain<ICounter>().Add(1));
    }

    [Fact]
    public async Task Arguments_and_replies_are_copies()
    {
        await using Silo silo = new();
        Note note = new("mine", [1]);
        Note first = await silo.Grain<ICounter>().Mutate(note);
        first.Numbers[0] = 99;
        Note second = await silo.Grain<ICounter>().Mutate(note);
        Assert.Equal((1, 7), (note.Numbers[0], second.Numbers[0]));
    }

    [Fact]
    public async Task A_call_waits_for_the_call_before_it()
    {
        await using Silo silo = new();
        Task held = silo.Grain<ICounter>().Hold("first");
        await silo.Journal.Seen("first begins");
        Task second = silo.Grain<ICounter>().Write("second");
        Assert.Equal(0, await silo.Grain<ICounter>().Peek());
        silo.Journal.Open("first");
        await Task.WhenAll(held, second);
        Assert.Equal(["first begins", "first ends", "second"], silo.Journal.Lines.Skip(2));
    }

    [Fact]
    public async Task Calls_of_a_reentrant_grain_interleave_at_awaits()
    {
        await using Silo silo = new();
        Task held = silo.Grain<IInterleaving>().Hold("first");
        await silo.Grain<IInterleaving>().Write("second");
        silo.Journal.Open("first");
        await held;
        Assert.Equal(["first begins", "second", "first ends"], silo.Journal.Lines.Skip(2));
    }

    [Fact]
    public async Task Past_its_limit_a_grain_rejects_calls_and_goes_on_with_those_it_has()
    {
        await using Silo silo = new(options: options => options.MaxEnqueuedRequests = 3);
        Task held = silo.Grain<ICounter>().Hold("first");
        await silo.Journal.Seen("first begins");
        Task[] waiting = [silo.Grain<ICounter>().Write("second"), silo.Grain<ICounter>().Write("third")];
        await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => silo.Grain<ICounter>().Write("rejected"));
        Assert.Equal(1, await silo.Grain<ICounter>("b").Add(1));
        silo.Journal.Open("first");
        await Task.WhenAll([held, .. waiting]);
        Assert.Equal(["first ends", "second", "third"], silo.Journal.Lines.Where(line => line.StartsWith("activat") is false).Skip(1));
        await silo.Grain<ICounter>().Write("fourth");
    }

    [Fact]
    public async Task Reads_interleave_with_reads_and_wait_behind_a_waiting_write()
    {
        await using Silo silo = new();
        ICounter counter = silo.Grain<ICounter>();
        Task one = counter.Read("one");
        Task two = counter.Read("two");
        await silo.Journal.Seen("two begins");
        Task write = counter.Write("written");
        Task three = counter.Read("three");
        silo.Journal.Open("three");
        silo.Journal.Open("two");
        await two;
        Assert.DoesNotContain("three begins", silo.Journal.Lines);
        silo.Journal.Open("one");
        await Task.WhenAll(one, write, three);
        Assert.Equal(["written", "three begins", "three ends"], silo.Journal.Lines.TakeLast(3));
    }

    [Fact]
    public async Task A_grain_that_calls_itself_deadlocks_until_the_response_timeout()
    {
        await using Silo silo = new();
        Task call = silo.Grain<ICounter>().CallSelf();
        await silo.Grain<ICounter>().Peek();
        silo.Clock.Move(TimeSpan.FromSeconds(29));
        Assert.False(call.IsCompleted);
        silo.Clock.Move(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal(1, await silo.Grain<ICounter>().Add(1));
        Assert.DoesNotContain("never", silo.Journal.Lines);
    }
}
