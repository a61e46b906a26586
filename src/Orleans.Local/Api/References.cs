using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Anything that can be called by its identity: a grain reference, or a grain itself.</summary>
    public interface IAddressable;

    /// <summary>Where a grain lives: its identity, its instance, its services. One per activation.</summary>
    public interface IGrainContext
    {
        GrainId GrainId { get; }
        object? GrainInstance { get; }
        IServiceProvider ActivationServices { get; }

        /// <summary>Completes when the activation is gone.</summary>
        Task Deactivated { get; }

        /// <summary>Asks the activation to finish what it runs and then go; returns at once.</summary>
        void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
    }
}

namespace Orleans
{
    /// <summary>Marks an interface whose methods are calls to a grain.</summary>
    public interface IGrain : IAddressable;

    /// <summary>A grain that is known by a string.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>What a grain class must be. Usually by deriving from <see cref="Grain"/>.</summary>
    public interface IGrainBase
    {
        IGrainContext GrainContext { get; }
        Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;
        Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
    }

    /// <summary>Hands out references. A reference costs nothing until it is called; the call activates the grain.</summary>
    public interface IGrainFactory
    {
        /// <exception cref="ArgumentException">No grain class, or more than one, implements the interface.</exception>
        TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithStringKey;

        IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);
    }

    /// <summary>The way in from outside the grains.</summary>
    public interface IClusterClient : IGrainFactory
    {
        IServiceProvider ServiceProvider { get; }
    }

    public static class GrainExtensions
    {
        /// <summary>The identity of a grain, from inside it or from a reference.</summary>
        public static GrainId GetGrainId(this IAddressable grain) => grain switch
        {
            IGrainBase inside => inside.GrainContext.GrainId,
            Local.GrainProxy reference => reference.GrainId,
            _ => throw new ArgumentException($"{grain?.GetType().FullName ?? "null"} is neither a grain nor a reference.", nameof(grain)),
        };

        /// <summary>The key that the reference was made with.</summary>
        public static string GetPrimaryKeyString(this IAddressable grain) => GetGrainId(grain).Key.ToString();
    }
}
