using Orleans.Runtime;

namespace Orleans.Concurrency
{
    /// <summary>Calls to this grain interleave at awaits.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class ReentrantAttribute : Attribute;

    /// <summary>This method interleaves with whatever the grain is doing.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class AlwaysInterleaveAttribute : Attribute;

    /// <summary>This method changes nothing: it interleaves with other methods that change nothing.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class ReadOnlyAttribute : Attribute;

    /// <summary>The caller does not wait, and never learns how the call ended.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class OneWayAttribute : Attribute;

    /// <summary>One identity may have several activations, each made when all others are busy.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class StatelessWorkerAttribute : Placement.PlacementAttribute
    {
        /// <param name="maxLocalWorkers">How many activations per identity there may be; 0 or less stands for one per processor.</param>
        public StatelessWorkerAttribute(int maxLocalWorkers) =>
            MaxLocalWorkers = maxLocalWorkers > 0 ? maxLocalWorkers : Environment.ProcessorCount;

        public StatelessWorkerAttribute() : this(-1)
        {
        }

        internal int MaxLocalWorkers { get; }
    }
}

namespace Orleans.Placement
{
    /// <summary>Where activations go. With one process there is one answer; the attributes exist so that grains compile.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public abstract class PlacementAttribute : Attribute
    {
        internal PlacementAttribute()
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class PreferLocalPlacementAttribute : PlacementAttribute;
}

namespace Orleans
{
    /// <summary>The stable name of a grain class in identities.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class GrainTypeAttribute(string grainType) : Attribute
    {
        internal GrainType GrainType { get; } = GrainType.Create(grainType);
    }

    /// <summary>A stable name for a type or method on the wire. Nothing is on a wire here.</summary>
    [AttributeUsage(
        AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface | AttributeTargets.Enum | AttributeTargets.Method)]
    public sealed class AliasAttribute(string alias) : Attribute
    {
        public string Alias { get; } = alias;
    }
}
