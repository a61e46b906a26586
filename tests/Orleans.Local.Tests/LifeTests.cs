using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;
using PatientGrains.Log.Tests;

namespace Orleans.Local.Tests;

public sealed class LifeTests
{
    [Fact]
    public async Task Calls_wait_for_the_activation()
    {
        await using Silo silo = new();
        Task<int> call = silo.Grain<ICounter>("slow").Add(1);
        await silo.Journal.Seen("activating");
        Task<int> interleaving = silo.Grain<ICounter>("slow").Peek();
        Assert.False(call.IsCompleted || interleaving.IsCompleted);
        silo.Journal.Open("activate");
        Assert.Equal(1, await call);
        await interleaving;
    }

    [Fact]
    public async Task A_failed_activation_fails_the_calls_that_wait_and_the_next_call_tries_again()
    {
        await using Silo silo = new();
        ICounter broken = silo.Grain<ICounter>("broken");
        InvalidDataException thrown = await Assert.ThrowsAsync<InvalidDataException>(() => broken.Add(1));
        Assert.Equal("no record", thrown.Message);
        await Assert.ThrowsAsync<InvalidDataException>(() => broken.Add(1));
        Assert.Equal(1, await broken.Add(1));
        Assert.Equal(["activating", "activating", "activating", "activated"], silo.Journal.Lines);
    }

    [Fact]
    public async Task An_activation_that_takes_too_long_fails_its_calls()
    {
        await using Silo silo = new(options: options => options.ResponseTimeout = Timeout.InfiniteTimeSpan);
        Task<int> call = silo.Grain<ICounter>("slow").Add(1);
        await silo.Journal.Seen("activating");
        silo.Clock.Move(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        silo.Journal.Open("activate");
        Assert.Equal(1, await silo.Grain<ICounter>("slow").Add(1));
    }

    [Fact]
    public async Task An_activation_ends_when_it_was_not_used_for_the_collection_age()
    {
        await using Silo silo = new();
        ICounter counter = silo.Grain<ICounter>();
        await counter.Add(1);
        silo.Clock.Move(TimeSpan.FromMinutes(10));
        Assert.Equal(2, await counter.Add(1));
        silo.Clock.Move(TimeSpan.FromMinutes(14));
        Assert.Single(silo.Engine.Live);
        silo.Clock.Move(TimeSpan.FromMinutes(2));
        await silo.Journal.Seen("deactivated");
        Assert.Equal(1, await counter.Add(1));
        Assert.Contains("deactivating ActivationIdle", silo.Journal.Lines);
    }

    [Fact]
    public async Task An_activation_that_runs_a_request_is_not_idle()
    {
        await using Silo silo = new(options: options => options.ResponseTimeout = Timeout.InfiniteTimeSpan);
        await silo.Grain<ICounter>().Add(1);
        Task held = silo.Grain<ICounter>().Hold("gate");
        await silo.Journal.Seen("gate begins");
        silo.Clock.Move(TimeSpan.FromHours(1));
        silo.Journal.Open("gate");
        await held;
        // An activation that was to end would by now leave this to its successor, which would count from the beginning.
        Assert.Equal(2, await silo.Grain<ICounter>().Add(1));
        Assert.Single(silo.Journal.Lines, line => line == "activated");
    }

    [Fact]
    public async Task A_call_that_arrives_while_the_grain_deactivates_goes_to_a_fresh_activation()
    {
        await using Silo silo = new();
        ICounter lingering = silo.Grain<ICounter>("lingering");
        await lingering.Add(5);
        await lingering.Leave();
        await silo.Journal.Seen("deactivating ApplicationRequested");
        Task<int>[] calls = [lingering.Add(1), lingering.Add(1), lingering.Add(1)];
        silo.Journal.Open("deactivate");
        int[] replies = await Task.WhenAll(calls);
        Assert.Equal([1, 2, 3], replies);
        Assert.Equal(
            ["activating", "activated", "deactivating ApplicationRequested", "deactivated", "activating", "activated"],
            silo.Journal.Lines);
    }

    [Fact]
    public async Task Deactivation_lets_running_requests_end_first()
    {
        await using Silo silo = new();
        IInterleaving grain = silo.Grain<IInterleaving>();
        Task held = grain.Hold("gate");
        await silo.Journal.Seen("gate begins");
        await grain.Leave();
        Task<int> later = grain.Add(1);
        Assert.False(later.IsCompleted);
        silo.Journal.Open("gate");
        await held;
        Assert.Equal(1, await later);
        Assert.Equal(["gate ends", "deactivating ApplicationRequested", "deactivated"], silo.Journal.Lines.Skip(3).Take(3));
    }

    [Fact]
    public async Task Shutdown_lets_requests_end_deactivates_every_grain_and_refuses_new_calls()
    {
        await using Silo silo = new();
        Task held = silo.Grain<ICounter>("a").Hold("gate");
        await silo.Grain<ICounter>("b").Add(1);
        await silo.Journal.Seen("gate begins");
        Task stopped = silo.Engine.StopAsync(CancellationToken.None);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => silo.Grain<ICounter>("b").Add(1));
        silo.Journal.Open("gate");
        await held;
        await stopped;
        Assert.DoesNotContain("deactivating ShuttingDown", silo.Journal.Lines.TakeWhile(line => line != "gate ends"));
        Assert.Equal(2, silo.Journal.Lines.Count(line => line == "deactivating ShuttingDown"));
        Assert.Equal(2, silo.Journal.Lines.Count(line => line == "deactivated"));
        Assert.Empty(silo.Engine.Live);
    }

    [Fact]
    public async Task Shutdown_does_not_wait_beyond_its_deadline()
    {
        await using Silo silo = new();
        await silo.Grain<ICounter>("lingering").Add(1);
        Task stopped = silo.Engine.StopAsync(CancellationToken.None);
        await silo.Journal.Seen("deactivating ShuttingDown");
        silo.Clock.Move(TimeSpan.FromSeconds(30));
        await stopped;
        Assert.DoesNotContain("deactivated", silo.Journal.Lines);
    }

    [Fact]
    public async Task A_cancelled_call_ends_for_its_caller_at_once_and_the_grain_sees_the_token()
    {
        await using Silo silo = new();
        using CancellationTokenSource cancellation = new();
        Task waiting = silo.Grain<ICounter>().Wait("gate", cancellation.Token);
        await silo.Journal.Seen("gate begins");
        Task queued = silo.Grain<ICounter>().Wait("other", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        await silo.Journal.Seen("gate cancelled");
        await silo.Grain<ICounter>().Add(1);
        Assert.DoesNotContain("other begins", silo.Journal.Lines);
    }

    [Fact]
    public async Task A_request_that_was_cancelled_before_it_began_is_never_run_however_late_its_caller_hears_of_it()
    {
        await using Silo silo = new();
        using CancellationTokenSource cancellation = new();
        Task held = silo.Grain<ICounter>().Hold("gate");
        await silo.Journal.Seen("gate begins");
        Task queued = silo.Grain<ICounter>().Wait("other", cancellation.Token);
        Task next = silo.Grain<ICounter>().Write("next");
        // What was registered last is called first: before the caller is told, the grain is free and comes by its request.
        using CancellationTokenRegistration first = cancellation.Token.Register(() =>
        {
            silo.Journal.Open("gate");
            SpinWait.SpinUntil(() => next.IsCompleted, TimeSpan.FromMinutes(1));
        });
        await cancellation.CancelAsync();
        await Task.WhenAll(held, next);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        Assert.DoesNotContain("other begins", silo.Journal.Lines);
    }

    [Fact]
    public async Task A_request_that_timed_out_before_it_began_is_never_run()
    {
        await using Silo silo = new();
        Task held = silo.Grain<ICounter>().Hold("gate");
        await silo.Journal.Seen("gate begins");
        Task late = silo.Grain<ICounter>().Write("late");
        silo.Clock.Move(TimeSpan.FromSeconds(40));
        await Assert.ThrowsAsync<TimeoutException>(() => held);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        silo.Journal.Open("gate");
        await silo.Grain<ICounter>().Write("next");
        Assert.Equal(["gate begins", "gate ends", "next"], silo.Journal.Lines.Skip(2));
    }

    [Fact]
    public async Task DelayDeactivation_keeps_an_idle_grain_for_a_while()
    {
        await using Silo silo = new();
        await silo.Grain<IPatient>().StayFor(60);
        silo.Clock.Move(TimeSpan.FromMinutes(59));
        Assert.Single(silo.Engine.Live);
        silo.Clock.Move(TimeSpan.FromMinutes(2));
        await silo.Journal.Seen("left");
    }

    [Fact]
    public async Task A_grain_is_disposed_with_its_services_after_it_has_deactivated()
    {
        await using Silo silo = new(builder => builder.ConfigureServices(services => services.AddScoped<Bed>()));
        await silo.Grain<IPatient>().StayFor(1);
        await silo.Engine.StopAsync(CancellationToken.None);
        Assert.Equal(["left", "disposed", "bed free"], silo.Journal.Lines);
    }

    [Fact]
    public async Task A_host_starts_and_stops_the_engine()
    {
        Journal journal = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(journal).AddScoped<Bed>().AddSingleton<TimeProvider>(new ManualClock());
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.UseOrleansLocal(silo =>
        {
            Assert.Same(builder.Configuration, silo.Configuration);
            silo.Configure<LocalEngineOptions>(options => options.GrainAssemblies.Add(typeof(LifeTests).Assembly));
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        IPatient patient = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IPatient>("a");
        await patient.StayFor(1);
        await host.StopAsync();
        Assert.Contains("left", journal.Lines);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => patient.StayFor(1));
    }
}

public interface IPatient : IGrainWithStringKey
{
    Task StayFor(int minutes);
}

internal sealed class Bed(Journal journal) : IDisposable
{
    public void Dispose() => journal.Write("bed free");
}

internal sealed class PatientGrain(Journal journal, IServiceProvider services) : Grain, IPatient, IDisposable
{
    readonly Bed? bed = services.GetService<Bed>();

    public Task StayFor(int minutes)
    {
        DelayDeactivation(TimeSpan.FromMinutes(minutes));
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        journal.Write("left");
        return Task.CompletedTask;
    }

    public void Dispose() => journal.Write(bed is null ? "disposed without a bed" : "disposed");
}
