using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using Orleans.Runtime;

namespace Orleans.Local;

/// <summary>
/// A reference to a grain: the runtime derives from it a class that implements the grain's interface. References are equal when they
/// name the same grain by the same interface.
/// </summary>
internal class GrainProxy : DispatchProxy
{
    static readonly ConcurrentDictionary<Type, GrainProxy> Prototypes = new();

    FrozenDictionary<MethodInfo, GrainMethod> methods = null!;
    GrainClass grainClass = null!;

    internal LocalEngine Engine { get; private set; } = null!;
    internal string Key { get; private set; } = null!;
    internal GrainClass Class => grainClass;
    internal GrainId GrainId => GrainId.Create(grainClass.Type, Key);

    /// <summary>A reference of a grain interface. Copying a prototype is much cheaper than having the runtime make one.</summary>
    internal static GrainProxy Create(Type grainInterface, LocalEngine engine, GrainClass grainClass, string key)
    {
        GrainProxy proxy = (GrainProxy)Prototypes.GetOrAdd(grainInterface, MakePrototype).MemberwiseClone();
        (proxy.Engine, proxy.grainClass, proxy.Key) = (engine, grainClass, key);
        return proxy;
    }

    static GrainProxy MakePrototype(Type grainInterface)
    {
        GrainProxy prototype = (GrainProxy)Create(grainInterface, typeof(GrainProxy));
        prototype.methods = grainInterface.GetInterfaces().Append(grainInterface)
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .ToFrozenDictionary(method => method, GrainMethod.Of);
        return prototype;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => methods[targetMethod!].Send(this, args ?? []);

    public override bool Equals(object? obj) => obj is GrainProxy other && other.GetType() == GetType()
        && other.grainClass == grainClass && string.Equals(other.Key, Key, StringComparison.Ordinal);

    public override int GetHashCode() => HashCode.Combine(grainClass, Key);

    public override string ToString() => $"GrainReference:{grainClass.Type}";
}
