using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orleans.Local;

/// <summary>A class of grains: what its attributes say, how to construct one, and which of them live.</summary>
internal sealed class GrainClass
{
    readonly ConcurrentDictionary<string, IAddressee> live = new(StringComparer.Ordinal);
    readonly ObjectFactory construct;

    internal GrainClass(Type type)
    {
        Implementation = type;
        Type = type.GetCustomAttribute<GrainTypeAttribute>()?.GrainType ?? GrainType.Create(ConventionalName(type.Name));
        Reentrant = type.GetCustomAttribute<ReentrantAttribute>() is not null;
        MaxWorkers = type.GetCustomAttribute<StatelessWorkerAttribute>()?.MaxLocalWorkers ?? 0;
        FiltersItself = type.IsAssignableTo(typeof(IIncomingGrainCallFilter));
        construct = ActivatorUtilities.CreateFactory(type, System.Type.EmptyTypes);
    }

    internal Type Implementation { get; }
    internal GrainType Type { get; }
    internal bool Reentrant { get; }
    internal bool FiltersItself { get; }

    /// <summary>0 unless it is a stateless worker.</summary>
    internal int MaxWorkers { get; }

    internal IEnumerable<Activation> Live => live.Values.SelectMany(
        addressee => addressee is WorkerPool pool ? pool.Workers() : [(Activation)addressee]);

    internal object Construct(IServiceProvider services) => construct(services, []);

    internal bool TryFind(string key, out IAddressee? addressee) => live.TryGetValue(key, out addressee);

    internal IAddressee FindOrAdd(LocalEngine engine, string key) => live.GetOrAdd(
        key,
        static (key, to) => to.grainClass.MaxWorkers > 0
            ? new WorkerPool(to.engine, to.grainClass, key)
            : new Activation(to.engine, to.grainClass, key, pool: null),
        (engine, grainClass: this));

    internal void Remove(string key, IAddressee addressee) => live.TryRemove(new(key, addressee));

    internal void Replace(Activation gone, Activation? successor)
    {
        if (successor is null)
        {
            Remove(gone.Key, gone);
        }
        else
        {
            live[gone.Key] = successor;
        }
    }

    /// <summary>As Orleans names a class that does not name itself: its name without "Grain", in lower case.</summary>
    internal static string ConventionalName(string className)
    {
        string name = className.Split('`')[0];
        return (name.Length > 5 && name.EndsWith("Grain", StringComparison.OrdinalIgnoreCase) ? name[..^5] : name).ToLowerInvariant();
    }
}

/// <summary>All grain classes, and which of them stands behind an interface.</summary>
internal sealed class GrainClasses
{
    readonly ConcurrentDictionary<(Type Interface, string? Prefix), GrainClass> byInterface = new();

    internal GrainClasses(IEnumerable<Assembly> assemblies)
    {
        All = [.. assemblies.Distinct().SelectMany(assembly => assembly.GetTypes())
            .Where(IsGrainClass).Select(type => new GrainClass(type))];
        if (All.GroupBy(grainClass => grainClass.Type).FirstOrDefault(named => named.Count() > 1) is { } twice)
        {
            string classes = string.Join(", ", twice.Select(grainClass => grainClass.Implementation.FullName));
            throw new ArgumentException($"These grain classes have the same grain type '{twice.Key}': {classes}.");
        }
    }

    internal IReadOnlyList<GrainClass> All { get; }

    internal GrainClass Behind(Type grainInterface, string? classNamePrefix) =>
        byInterface.GetOrAdd((grainInterface, classNamePrefix), Find);

    GrainClass Find((Type Interface, string? Prefix) wanted)
    {
        List<GrainClass> found = [.. All.Where(grainClass => grainClass.Implementation.IsAssignableTo(wanted.Interface)
            && grainClass.Implementation.FullName!.StartsWith(wanted.Prefix ?? "", StringComparison.Ordinal))];
        if (found.Count > 1)
        {
            // IFoo's own class is Foo or FooGrain, whoever else implements it.
            string own = GrainClass.ConventionalName(wanted.Interface.Name.TrimStart('I'));
            found = found.FindAll(grainClass => GrainClass.ConventionalName(grainClass.Implementation.Name) == own) is { Count: 1 } one
                ? one
                : throw new ArgumentException($"Several grain classes implement {wanted.Interface.FullName}: "
                    + string.Join(", ", found.Select(grainClass => grainClass.Implementation.FullName)) + ".");
        }

        return found.Count == 1
            ? found[0]
            : throw new ArgumentException($"No grain class of the given assemblies implements {wanted.Interface.FullName}.");
    }

    static bool IsGrainClass(Type type) =>
        type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
        && type.IsAssignableTo(typeof(IGrainBase)) && type.IsAssignableTo(typeof(IGrain));
}
