using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Grains;

#if ENGINE_ORLEANS
using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;
#else
using Orleans.Hosting;
#endif

namespace PatientGrains.Host.Composition;

/// <summary>The engine that the grains run on: the only file that differs between Engine=Local and Engine=Orleans.</summary>
public static class Engine
{
#if ENGINE_ORLEANS
    public const string Name = "Orleans";

    /// <summary>
    /// One silo in this process, known to nobody else: it listens on loopback only, and on a port of its own, since a verb may run beside
    /// a server. <paramref name="roundTrips"/> means nothing here: what crosses silos goes through the codec, what stays is not copied.
    /// </summary>
    public static void Add(IHostApplicationBuilder builder, bool roundTrips = false)
    {
        // Orleans asks for its clock under a key of each part, and takes that of the records where none is meant for it. Its own health and
        // its own waiting are measured by the system's, however fast the records' runs.
        builder.Services.AddKeyedSingleton(KeyedService.AnyKey, TimeProvider.System);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0);
            silo.AddActivityPropagation();
            silo.AddMemoryStreams(AlertStreams.Name);
            silo.AddMemoryGrainStorage("PubSubStore");
            AddCodec(silo.Services);
            silo.AddOutgoingGrainCallFilter(HideKeys);
        });
        // Orleans names grains in its log, and the key of a grain names a patient. Only what speaks of silos alone is kept.
        builder.Logging.AddFilter("Orleans", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Orleans", LogLevel.None);
        builder.Logging.AddFilter("Orleans.Runtime.MembershipService", LogLevel.Warning);
    }

    /// <summary>Orleans names the grain in its own failures as well, and who catches one may log it: only what happened goes on.</summary>
    private static async Task HideKeys(IOutgoingGrainCallContext call)
    {
        try
        {
            await call.Invoke();
        }
        catch (TimeoutException)
        {
            throw new TimeoutException("A grain did not answer in time.");
        }
        catch (OrleansException failed)
        {
            throw new OrleansException($"A call to a grain failed: {failed.GetType().Name}.");
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>
    /// Orleans carries a trace along with a call only where somebody listens to its own spans. Their tags hold the keys of grains, which
    /// are ids of patients, so they are asked for as what is passed on and neither filled nor exported.
    /// </summary>
    public static void LetTracesThrough() => ActivitySource.AddActivityListener(new ActivityListener
    {
        ShouldListenTo = source => source.Name == "Microsoft.Orleans.Application",
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
    });

    /// <summary>Core's records cross silos in the log's own codec and are never copied inside one: they are immutable.</summary>
    public static void AddCodec(IServiceCollection services)
    {
        services.AddSingleton<CoreCodec>();
        services.AddSingleton<IGeneralizedCodec>(provider => provider.GetRequiredService<CoreCodec>());
        services.AddSingleton<IGeneralizedCopier>(provider => provider.GetRequiredService<CoreCodec>());
        services.AddSingleton<ITypeFilter>(provider => provider.GetRequiredService<CoreCodec>());
        // Failures of ours keep their type (not their own members); without this they would arrive as a substitute.
        services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add(nameof(PatientGrains)));
    }

    private sealed class CoreCodec : IGeneralizedCodec, IGeneralizedCopier, ITypeFilter
    {
        public bool IsSupportedType(Type type) => type == typeof(CoreCodec) || WireCodec.Carries(type);

        public bool? IsTypeAllowed(Type type) => IsSupportedType(type) ? true : null;

        public object? DeepCopy(object? input, CopyContext context) => input;

        public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, object? value)
            where TBufferWriter : IBufferWriter<byte>
        {
            if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
                return;
            var frame = new ArrayBufferWriter<byte>();
            WireCodec.WriteTagged(frame, value);
            writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(CoreCodec), WireType.LengthPrefixed);
            writer.WriteVarUInt32((uint)frame.WrittenCount);
            writer.Write(frame.WrittenSpan);
        }

        public object? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
        {
            if (field.WireType == WireType.Reference)
                return ReferenceCodec.ReadReference(ref reader, field.FieldType);
            field.EnsureWireType(WireType.LengthPrefixed);
            uint placeholder = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
            object value = WireCodec.ReadTagged(reader.ReadBytes(reader.ReadVarUInt32()));
            ReferenceCodec.RecordObject(reader.Session, value, placeholder);
            return value;
        }
    }
#else
    public const string Name = "Local";

    /// <summary>A trace goes on in the grain by itself.</summary>
    public static void LetTracesThrough()
    {
    }

    /// <summary>
    /// The engine in this process. With <paramref name="roundTrips"/>, as in tests, everything that crosses a grain boundary goes through
    /// the codec, as it would between silos.
    /// </summary>
    public static void Add(IHostApplicationBuilder builder, bool roundTrips = false) => builder.UseOrleansLocal(silo =>
    {
        silo.AddMemoryStreams(AlertStreams.Name);
        silo.Configure<LocalEngineOptions>(options =>
        {
            options.GrainAssemblies.Add(typeof(RecordHost).Assembly);
            if (roundTrips)
                options.RoundTrip = WireCodec.RoundTrip;
        });
    });
#endif
}
