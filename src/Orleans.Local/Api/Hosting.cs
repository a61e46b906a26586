using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Local;

namespace Orleans.Hosting;

/// <summary>Where the engine is configured, by extension methods.</summary>
public interface ISiloBuilder
{
    IServiceCollection Services { get; }
    IConfiguration Configuration { get; }
}

public static class SiloBuilderExtensions
{
    public static ISiloBuilder ConfigureServices(this ISiloBuilder builder, Action<IServiceCollection> configureDelegate)
    {
        configureDelegate(builder.Services);
        return builder;
    }

    public static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, Action<TOptions> configureOptions)
        where TOptions : class
    {
        builder.Services.Configure(configureOptions);
        return builder;
    }
}

public static class GrainCallFilterSiloBuilderExtensions
{
    public static ISiloBuilder AddIncomingGrainCallFilter(this ISiloBuilder builder, IIncomingGrainCallFilter filter)
    {
        builder.Services.AddSingleton(filter);
        return builder;
    }

    public static ISiloBuilder AddIncomingGrainCallFilter<TImplementation>(this ISiloBuilder builder)
        where TImplementation : class, IIncomingGrainCallFilter
    {
        builder.Services.AddSingleton<IIncomingGrainCallFilter, TImplementation>();
        return builder;
    }

    public static ISiloBuilder AddIncomingGrainCallFilter(this ISiloBuilder builder, IncomingGrainCallFilterDelegate filter) =>
        builder.AddIncomingGrainCallFilter(new DelegateFilter(filter));

    sealed class DelegateFilter(IncomingGrainCallFilterDelegate filter) : IIncomingGrainCallFilter
    {
        public Task Invoke(IIncomingGrainCallContext context) => filter(context);
    }
}

/// <summary>How the local engine comes into a process. Real Orleans has UseOrleans instead.</summary>
public static class LocalEngineHosting
{
    /// <summary>
    /// Adds the engine; afterwards <see cref="IGrainFactory"/> and <see cref="IClusterClient"/> are services. Grain classes come from
    /// <see cref="LocalEngineOptions.GrainAssemblies"/>; a TimeProvider among the services is the engine's clock.
    /// </summary>
    public static IServiceCollection AddOrleansLocal(
        this IServiceCollection services, Action<ISiloBuilder> configure, IConfiguration? configuration = null)
    {
        services.AddOptions();
        services.TryAddSingleton<LocalEngine>();
        services.TryAddSingleton<IClusterClient>(provider => provider.GetRequiredService<LocalEngine>());
        services.TryAddSingleton<IGrainFactory>(provider => provider.GetRequiredService<LocalEngine>());
        services.AddHostedService(provider => provider.GetRequiredService<LocalEngine>());
        configure(new LocalSiloBuilder(services, configuration ?? new ConfigurationManager()));
        return services;
    }

    public static IHostApplicationBuilder UseOrleansLocal(this IHostApplicationBuilder builder, Action<ISiloBuilder> configure)
    {
        builder.Services.AddOrleansLocal(configure, builder.Configuration);
        return builder;
    }

    sealed record LocalSiloBuilder(IServiceCollection Services, IConfiguration Configuration) : ISiloBuilder;
}
