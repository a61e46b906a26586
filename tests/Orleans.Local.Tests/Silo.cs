using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using PatientGrains.Log.Tests;

namespace Orleans.Local.Tests;

/// <summary>An engine for one test, on a clock that the test moves, everything copied through JSON as a cluster would.</summary>
internal sealed class Silo : IAsyncDisposable
{
    readonly ServiceProvider services;

    internal Silo(Action<ISiloBuilder>? configure = null, Action<LocalEngineOptions>? options = null)
    {
        ServiceCollection collection = new();
        collection.AddSingleton<TimeProvider>(Clock);
        collection.AddSingleton(Journal);
        collection.AddOrleansLocal(silo =>
        {
            silo.Configure<LocalEngineOptions>(chosen =>
            {
                chosen.GrainAssemblies.Add(typeof(Silo).Assembly);
                chosen.RoundTrip = Json;
                options?.Invoke(chosen);
            });
            configure?.Invoke(silo);
        });
        services = collection.BuildServiceProvider();
    }

    internal ManualClock Clock { get; } = new();
    internal Journal Journal { get; } = new();
    internal LocalEngine Engine => services.GetRequiredService<LocalEngine>();
    internal IClusterClient Client => Engine;

    internal T Grain<T>(string key = "a") where T : IGrainWithStringKey => Client.GetGrain<T>(key);

    internal static object? Json(object? value, Type type) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(value, type), type);

    /// <summary>On a clock that stands, nothing else would end what a test that failed has left at a gate.</summary>
    public async ValueTask DisposeAsync()
    {
        Journal.OpenAll();
        await services.DisposeAsync();
    }
}

/// <summary>What grains report to the test, and gates that the test opens for them.</summary>
internal sealed class Journal
{
    readonly Lock gate = new();
    readonly List<string> lines = [];
    readonly Dictionary<string, TaskCompletionSource> gates = [];
    readonly List<(Func<IReadOnlyList<string>, bool> Holds, TaskCompletionSource Seen)> watchers = [];
    bool allOpen;

    internal IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
            {
                return [.. lines];
            }
        }
    }

    internal void Write(string line)
    {
        lock (gate)
        {
            lines.Add(line);
            watchers.FindAll(watcher => watcher.Holds(lines)).ForEach(watcher => watcher.Seen.TrySetResult());
        }
    }

    /// <summary>Completes when a line was written so many times.</summary>
    internal Task Seen(string line, int times = 1)
    {
        lock (gate)
        {
            bool Holds(IReadOnlyList<string> written) => written.Count(each => each == line) >= times;
            if (Holds(lines))
            {
                return Task.CompletedTask;
            }

            TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
            watchers.Add((Holds, seen));
            return seen.Task.WaitAsync(TimeSpan.FromMinutes(5)); // only so that a line that never comes fails the test
        }
    }

    internal Task Gate(string name) => Source(name).Task;

    internal void Open(string name) => Source(name).TrySetResult();

    /// <summary>Those that are waited for later too.</summary>
    internal void OpenAll()
    {
        lock (gate)
        {
            allOpen = true;
            foreach (TaskCompletionSource source in gates.Values)
            {
                source.TrySetResult();
            }
        }
    }

    TaskCompletionSource Source(string name)
    {
        lock (gate)
        {
            if (!gates.TryGetValue(name, out TaskCompletionSource? source))
            {
                gates[name] = source = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            if (allOpen)
            {
                source.TrySetResult();
            }

            return source;
        }
    }
}
