using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PatientGrains.Host.Composition;

/// <summary>Where the fronts listen, built from what the settings checked, not from the text that it came from.</summary>
/// <param name="Http">Every front; gRPC only with TLS.</param>
/// <param name="Grpc">HTTP/2 alone; null where gRPC shares the other.</param>
internal sealed record Endpoints(Uri Http, Uri? Grpc)
{
    public void Listen(KestrelServerOptions kestrel, X509Certificate2? certificate)
    {
        Listen(kestrel, Http, HttpProtocols.Http1AndHttp2, certificate);
        if (Grpc is not null)
            Listen(kestrel, Grpc, HttpProtocols.Http2, certificate);
    }

    private static void Listen(KestrelServerOptions kestrel, Uri at, HttpProtocols protocols, X509Certificate2? certificate)
    {
        void Configure(ListenOptions listen)
        {
            // Without TLS nothing negotiates, and a server that knows both takes everything for HTTP/1.
            listen.Protocols = certificate is null && protocols == HttpProtocols.Http1AndHttp2 ? HttpProtocols.Http1 : protocols;
            if (certificate is not null)
                listen.UseHttps(certificate);
        }
        if (IPAddress.TryParse(at.Host.Trim('[', ']'), out var address))
            kestrel.Listen(address, at.Port, Configure);
        else if (at.Host == "localhost")
            kestrel.ListenLocalhost(at.Port, Configure);
        else
            kestrel.ListenAnyIP(at.Port, Configure);
    }
}
